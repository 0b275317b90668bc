"""Choose a recipe for a data set and a time budget, with one line of explanation per choice.

The result is an ordinary recipe: SNDCGAN (arXiv 1802.05957), with or without classes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ganbench.auto import rules
from ganbench.auto.inspect_images import ImageStats, inspect_images
from ganbench.config.instantiate import make
from ganbench.config.spec import Spec, parameters
from ganbench.data.base import DataInfo, Dataset
from ganbench.data.classes import class_counts
from ganbench.data.io.sizes import height_width
from ganbench.data.registry import needs_path, streams
from ganbench.errors import UserError
from ganbench.recipes.base import ALL_BUDGETS, Recipe
from ganbench.recipes.budget import parse_minutes
from ganbench.recipes.sndcgan import sndcgan_acgan_cifar10, sndcgan_cifar10, sndcgan_optimizers
from ganbench.recipes.sngan import LECAM

NAME = "auto"
DEFAULT_BUDGET = "10m"

_FLIPS = {
    True: "horizontal flips: yes (the images have colour; data.flip=false if left and right matter)",
    False: "horizontal flips: no (grey images may be characters; data.flip=true if left and right do not matter)",
}


@dataclass(frozen=True)
class ChosenRecipe:
    """A recipe, the minutes that it is for, and one line per choice that explains it."""

    recipe: Recipe
    minutes: float
    reasons: tuple[str, ...]


def choose_recipe(budget: str, changes: Mapping[str, Any], trusted: Collection[str] = ()) -> ChosenRecipe:
    """Return the recipe that the rules choose for a data set and a budget.

    Args:
        budget: A time such as "20m".
        changes: Overrides by dotted key; ``{"data": "folder:PATH"}`` is required. Overrides of the data apply before
            the rules, the others to their result.
        trusted: Modules outside ganbench whose classes and functions may be used.

    Raises:
        UserError: there is no data set in ``changes``, it has no images or fewer than 16, or an override is invalid.
    """
    if "data" not in changes:
        raise UserError(f"{NAME} needs your images: ganbench train {NAME} data=folder:PATH")
    minutes = _minutes(budget)
    data_changes = {key: value for key, value in changes.items() if key.split(".")[0] == "data"}
    data = sndcgan_cifar10("laptop").override(data_changes, trusted).data
    stats = _image_stats(data)
    data, data_reasons = (data, []) if stats is None else _choose_preprocessing(data, stats, minutes)
    dataset: Dataset = make(data, {}, "data")
    info = dataset.info
    if info.kind != "image":
        raise UserError(f"{NAME} needs images, and {info.name} is {info.kind}")
    require_enough(info.size, info.name)
    smallest_class = _smallest_class_size(dataset)
    recipe, recipe_reasons = _choose_sndcgan(data, info, smallest_class, minutes)
    other_changes = {key: value for key, value in changes.items() if key not in data_changes}
    broken = 0 if stats is None else stats.total - info.size
    reasons = [_describe_data(info, smallest_class, broken), *data_reasons, *recipe_reasons]
    if other_changes:
        reasons.append(f"changed by you: {', '.join(other_changes)}")
    recipe = dataclasses.replace(recipe.override(other_changes, trusted), budget=budget)
    return ChosenRecipe(recipe, minutes, tuple(reasons))


def _minutes(budget: str) -> float:
    if budget in ALL_BUDGETS:
        raise UserError(f"{NAME} needs a time, such as --budget 20m, not '{budget}'")
    return parse_minutes(budget)


def require_enough(count: int, name: str) -> None:
    """Raise UserError if there are fewer images than the rules are made for."""
    if count < rules.MIN_IMAGES:
        raise UserError(
            f"{name} has {count} readable images; {NAME} needs at least {rules.MIN_IMAGES}, "
            "and a GAN learns little from fewer than a few hundred"
        )


def _image_stats(data: Spec) -> ImageStats | None:
    """Return statistics of the images at the data set's path; None without a path or a free size, or for a stream."""
    if not needs_path(data.target) or "size" not in parameters(data.target) or streams(data.target):
        return None
    stats = inspect_images(data.kwargs["path"])
    require_enough(stats.total, data.kwargs["path"])
    return stats


def _choose_preprocessing(data: Spec, stats: ImageStats, minutes: float) -> tuple[Spec, list[str]]:
    """Return the data set with the arguments that the user left open, and the reasons."""
    side = rules.choose_resolution(minutes, stats.shorter_side)
    grey = bool(data.kwargs.get("grey", stats.grey))
    arguments = {"size": side, "on_error": "skip", "grey": grey, "flip": not grey}
    spec = data.replace(**{name: value for name, value in arguments.items() if data.accepts(name)})
    if data.accepts("size"):
        reason = (
            f"median shorter side: {stats.shorter_side:g}; {rules.RESOLUTION.describe_criterion(minutes)}"
        )
        reasons = [f"resolution: {side}x{side} ({reason})"]
    else:
        reasons = [f"resolution: {data.kwargs['size']}, set by you"]
    reasons += _describe_cropping(stats, height_width(spec.kwargs["size"]))
    return spec, reasons + ([_FLIPS[not grey]] if data.accepts("flip") else [])


def _describe_cropping(stats: ImageStats, size: tuple[int, int]) -> list[str]:
    count, removed = stats.cropping(*size)
    if not count:
        return []
    return [
        f"shape: cropped at the centre ({count:,} of {len(stats.sizes):,} inspected images have another aspect ratio "
        f"and lose a median of {removed:.0%}; data.size=[HEIGHT,WIDTH] sets another one)"
    ]


def _smallest_class_size(dataset: Dataset) -> int:
    """Return the number of images in the smallest class; 0 without classes."""
    return int(class_counts(dataset).min()) if dataset.info.classes else 0


def _choose_sndcgan(
    data: Spec, info: DataInfo, smallest_class: int, minutes: float
) -> tuple[Recipe, list[str]]:
    """Return the recipe and the reasons."""
    use_classes = 2 <= len(info.classes) <= rules.MAX_CLASSES and rules.CLASSES.choose(smallest_class)
    base = (sndcgan_acgan_cifar10 if use_classes else sndcgan_cifar10)("laptop")
    sides = (info.shape[1], info.shape[2])
    width, patch_size = rules.choose_width(minutes, sides), rules.patch_size_for(sides)
    minutes_per_1000 = 1000 * minutes / info.size
    changes: dict[str, Any] = {
        "networks.G.width": width,
        "networks.D.width": width,
        "networks.G.patch_size": patch_size,
        "networks.D.patch_size": patch_size,
        "algorithm.augmentation": rules.AUGMENTATION.choose(minutes_per_1000),
        "schedule.ema_half_life": 16_000.0,  # a maximum: fitting the schedule to the budget may lower it
    }
    recipe = dataclasses.replace(
        base.override(changes),
        name=NAME,
        summary=f"{base.name}, chosen by rules for {info.name}: {info.size:,} images, {_describe_shape(info)}",
        data=data,
        optimizers=sndcgan_optimizers("laptop", width, scale=1.0 / patch_size),
    )
    reasons = [
        f"recipe: {base.name}; {_describe_classes(info, smallest_class)}",
        f"width: {width} ({rules.WIDTH.describe_criterion(minutes)}; halved for twice the side)",
    ]
    if patch_size > 1:
        reasons.append(
            f"patch size: 2x2 pixels, with learning rates half as high (from {rules.PATCH_MIN_SIDE} pixels per side)"
        )
    return recipe, [
        *reasons,
        rules.AUGMENTATION.explain(minutes_per_1000),
        f"regularizer of D: LeCam, weight {LECAM.kwargs['weight']} (as in the recipe, for any number of images)",
    ]


def _describe_classes(info: DataInfo, smallest_class: int) -> str:
    count = len(info.classes)
    if count < 2:
        return "classes: none"
    if count > rules.MAX_CLASSES:
        return f"classes: not used ({count} are more than {rules.MAX_CLASSES})"
    return rules.CLASSES.explain(smallest_class)


def _describe_data(info: DataInfo, smallest_class: int, broken: int) -> str:
    count = len(info.classes)
    classes = f"{count} classes of at least {smallest_class:,}" if count > 1 else "no classes"
    without = f", without {broken:,} broken ones" if broken else ""
    return f"data: {info.name}, {info.size:,} images{without}, {_describe_shape(info)}, {classes}"


def _describe_shape(info: DataInfo) -> str:
    channels, height, width = info.shape
    return f"{width}x{height} {'grey' if channels == 1 else 'colour'}"
