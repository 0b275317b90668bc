"""Turn an unconditional recipe into a class-conditional one."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from ganbench.algorithms import Adversarial, Algorithm
from ganbench.algorithms.labels import Labels
from ganbench.config.spec import Spec
from ganbench.recipes.base import Paper, Recipe


def class_conditional(
    base: Recipe,
    name: str,
    summary: str,
    *,
    generator: Spec | None,
    discriminator: Spec | None,
    papers: tuple[Paper, ...],
    labels: Labels = "uniform",
    algorithm: type[Algorithm] = Adversarial,
    algorithm_arguments: Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] | None = None,
) -> Recipe:
    """Return ``base`` with class labels given to G and D.

    Args:
        base: The unconditional recipe.
        name: The new recipe's name.
        summary: The new recipe's summary.
        generator: How G receives the class.
        discriminator: How D receives the class.
        papers: The new recipe's papers.
        labels: Where the labels of fakes come from.
        algorithm: The algorithm; it keeps the arguments of ``base``, except packing.
        algorithm_arguments: Further arguments of the algorithm.
        changes: Overrides by dotted key, applied last.
    """
    networks = {
        **base.networks,
        "G": base.networks["G"].replace(conditioning=generator),
        "D": base.networks["D"].replace(conditioning=discriminator),
    }
    base_arguments = {k: v for k, v in base.algorithm.kwargs.items() if k != "packing"}  # a pack has no class
    conditional = dataclasses.replace(
        base,
        name=name,
        summary=summary,
        networks=networks,
        algorithm=Spec(algorithm, **{**base_arguments, "labels": labels, **(algorithm_arguments or {})}),
        papers=papers,
    )
    return conditional.override(changes or {})
