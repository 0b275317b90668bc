"""Define the variants of the ablation: a recipe with the laptop budget and one change, which names the variant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ganbench.recipes.base import Recipe
from ganbench.recipes.registry import find_recipe

PLAIN, WITH_CLASSES = "sndcgan-cifar10", "sndcgan-acgan-cifar10"
_R1 = {"target": "ganbench.regularizers:R1", "gamma": 0.1, "every": 16}
_R2 = {**_R1, "target": "ganbench.regularizers:R2"}
_LINEAR = {"target": "ganbench.training.schedule:Linear"}
_LECAM = {"target": "ganbench.regularizers:LeCam", "weight": 0.3}  # the recipe's own
_DIFF = {"target": "ganbench.augment:DiffAugment"}
_ADA = {"target": "ganbench.augment:ADA", "speed": 100_000}


@dataclass(frozen=True)
class Variant:
    """A recipe with changes.

    Attributes:
        recipe: name of the recipe.
        changes: overrides of the recipe.
        train_images: train on this many images, the first of the data set (None: on all).
        base: the variant to compare with.
        truncation: bound of the noise when sampling (None: no truncation).
    """

    recipe: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    train_images: int | None = None
    base: str = "as-it-is"
    truncation: float | None = None

    def recipe_for(self, data: str) -> Recipe:
        """Return the recipe with its changes on a data set, for one CPU thread."""
        machine = {"machine.threads": 1, "machine.device": "cpu"}
        return find_recipe(self.recipe, "laptop").override({"data": data, **machine, **self.changes})


def widths(width: int) -> dict[str, int]:
    """Return the overrides that set the width of both networks."""
    return {"networks.G.width": width, "networks.D.width": width}


def learning_rates(g: float, d: float) -> dict[str, float]:
    """Return the overrides that set the learning rates of G and D."""
    return {"optimizers.G.lr": g, "optimizers.D.lr": d}


def betas(*pair: float) -> dict[str, list[float]]:
    """Return the overrides that set the betas of both optimizers."""
    return {"optimizers.G.betas": list(pair), "optimizers.D.betas": list(pair)}


def unaugmented(images: int) -> str:
    """Return the name of the variant on this many images that has no augmentation."""
    return "as-it-is" if images == 50_000 else f"{images}-pictures-none"


CHANGES: dict[str, dict[str, Any]] = {
    "as-it-is": {},
    "no-spectral-norm": {"networks.D.spectral_norm": False},
    "no-average": {"schedule.ema_half_life": None},
    "average-500": {"schedule.ema_half_life": 500},  # a plan sets a fiftieth of all images, about 2,500
    "equal-rates": learning_rates(5e-4, 5e-4),
    "rates-of-the-paper": learning_rates(2e-4, 2e-4),
    "rates-doubled": learning_rates(1e-3, 2e-3),
    "betas-.5-.999": betas(0.5, 0.999),
    "constant-rates": {
        "schedule.learning_rate": {**_LINEAR, "end": 1.0}
    },  # not Constant: a plan would replace it by a decay
    "no-warm-up": {"schedule.warmup": 0},
    "width-8": widths(8),
    "width-24": widths(24),
    "width-32": widths(32),
    "folded-width-32": {**widths(32), "networks.G.patch_size": 2, "networks.D.patch_size": 2},
    "batch-8": {"schedule.batch": 8},
    "batch-32": {"schedule.batch": 32},
    "batch-64": {"schedule.batch": 64},
    "deeper-d": {"networks.D.depth": 2},
    "deeper-g": {"networks.G.depth": 2},
    "all-positions": {"networks.D.pool": "none"},
    "mean-of-positions": {"networks.D.pool": "mean"},
    "rates-fall-to-0": {"schedule.learning_rate": _LINEAR},
    "rates-fall-late": {"schedule.learning_rate": {**_LINEAR, "end": 0.2, "from_share": 0.5}},
    "two-critic-steps": {"algorithm.critic_steps": 2, "algorithm.reuse_fakes": False},
    "five-critic-steps": {"algorithm.critic_steps": 5, "algorithm.reuse_fakes": False},
    "fresh-fakes": {"algorithm.reuse_fakes": False},
    "two-passes": {"algorithm.one_pass": False},
    "no-lecam": {"algorithm.regularizers": []},
    "lecam-.1": {"algorithm.regularizers": [{**_LECAM, "weight": 0.1}]},
    "lecam-1": {"algorithm.regularizers": [{**_LECAM, "weight": 1.0}]},
    "lazy-r1": {"algorithm.regularizers": [_LECAM, _R1]},
    "lazy-r1-r2": {"algorithm.regularizers": [_LECAM, _R1, _R2]},
    "no-flips": {"data.flip": False},
    "non-saturating": {"algorithm.loss": "NonSaturating"},
}
CLASS_CHANGES: dict[str, dict[str, Any]] = {
    "classes": {},
    "classes-weight-.03": {"algorithm.class_weight": 0.03},
    "classes-weight-.3": {"algorithm.class_weight": 0.3},
    "classes-of-fakes-too": {"algorithm.fakes": True},
    "classes-all-positions": {"networks.D.pool": "none"},
    "classes-equal-rates": learning_rates(5e-4, 5e-4),
    "classes-batch-32": {"schedule.batch": 32},
    "classes-width-24": widths(24),
}
PROJECTION = "sndcgan-projection-cifar10"
PROJECTION_CHANGES: dict[str, dict[str, Any]] = {
    "classes-by-projection": {},
    "classes-by-projection-weight-1": {"networks.D.conditioning.weight": 1.0},
}
AUGMENTATIONS: dict[str, dict[str, Any] | None] = {"none": None, "diffaugment": _DIFF, "ada": _ADA}
TRUNCATIONS = (1.0, 1.5)
VARIANTS = {
    **{name: Variant(PLAIN, changes) for name, changes in CHANGES.items()},
    **{f"truncation-{bound:g}": Variant(PLAIN, truncation=bound) for bound in TRUNCATIONS},
    **{
        name: Variant(WITH_CLASSES, changes, base="classes" if changes else "as-it-is")
        for name, changes in CLASS_CHANGES.items()
    },
    **{name: Variant(PROJECTION, changes, base="classes") for name, changes in PROJECTION_CHANGES.items()},
    **{
        f"{images}-pictures-{name}": Variant(
            PLAIN, {"algorithm.augmentation": augmentation}, images, base=unaugmented(images)
        )
        for images in (1_000, 5_000, 50_000)
        for name, augmentation in AUGMENTATIONS.items()
        if (images, name) != (50_000, "none")  # this one is "as-it-is"
    },
}
"""All variants by name."""
