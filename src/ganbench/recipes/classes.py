"""How a recipe without classes becomes one with them: the same networks, and two choices of conditioning."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from ganbench.algorithms import Adversarial, Algorithm
from ganbench.algorithms.labels import Labels
from ganbench.config.spec import Spec
from ganbench.recipes.base import Paper, Recipe


def with_classes(
    base: Recipe,
    name: str,
    summary: str,
    *,
    generator: Spec | None,
    discriminator: Spec | None,
    papers: tuple[Paper, ...],
    labels: Labels = "uniform",
    algorithm: type[Algorithm] = Adversarial,
    terms: Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] | None = None,
) -> Recipe:
    """Return ``base`` with classes: how G and D are told them, and which ones fakes have.

    ``terms`` are further arguments of the ``algorithm``; ``changes`` are dotted keys of the result.
    """
    networks = {
        **base.networks,
        "G": base.networks["G"].replace(conditioning=generator),
        "D": base.networks["D"].replace(conditioning=discriminator),
    }
    known = {k: v for k, v in base.algorithm.kwargs.items() if k != "packing"}  # packs have no class
    made = dataclasses.replace(
        base,
        name=name,
        summary=summary,
        networks=networks,
        algorithm=Spec(algorithm, **{**known, "labels": labels, **(terms or {})}),
        papers=papers,
    )
    return made.override(changes or {})
