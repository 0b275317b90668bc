"""From a data set and a budget to a recipe: the rules applied one after another, each with a line that says why.

What is chosen is an ordinary recipe: SN-GAN's convolutional pair (arXiv 1802.05957), with or without classes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from ganbench.auto import rules
from ganbench.auto.inspect_images import ImageStats, image_stats
from ganbench.config.instantiate import make
from ganbench.config.spec import Spec, parameters
from ganbench.data.base import DataInfo, Dataset
from ganbench.data.io.sizes import height_width
from ganbench.data.registry import takes_path
from ganbench.errors import UserError
from ganbench.recipes.base import EVERY_BUDGET, Recipe
from ganbench.recipes.budget import minutes_of
from ganbench.recipes.sndcgan import LECAM, sndcgan_acgan_cifar10, sndcgan_cifar10, sndcgan_rates

NAME = "auto"
BUDGET = "10m"  # where none is given


@dataclass(frozen=True)
class Choice:
    """A recipe for so many minutes, and what was chosen for it and why, a line each."""

    recipe: Recipe
    minutes: float
    reasons: tuple[str, ...]


def choose(budget: str, changes: Mapping[str, Any], trusted: Collection[str] = ()) -> Choice:
    """Return the recipe for the data set that ``changes`` name (``{"data": "folder:PATH"}``), and for a budget.

    What ``changes`` say of the data is what the rules are applied to; all else in them is changed in what was chosen.

    Raises:
        UserError: no data set is named, its items are no pictures, there are fewer than 16, or a change is wrong.
    """
    if "data" not in changes:
        raise UserError(f"{NAME} chooses by your pictures; name them: ganbench train {NAME} data=folder:PATH")
    minutes = _minutes(budget)
    of_data = {key: value for key, value in changes.items() if key.split(".")[0] == "data"}
    data = sndcgan_cifar10("laptop").override(of_data, trusted).data
    found = _looked_at(data)
    data, reasons = (data, []) if found is None else _as_read(data, found, minutes)
    dataset: Dataset = make(data, {}, "data")
    info = dataset.info
    if info.kind != "image":
        raise UserError(f"{NAME} chooses for pictures, and the items of {info.name} are none")
    _require_enough(info.size, info.name)
    smallest = _smallest_class(dataset)
    recipe, further = _recipe(data, info, smallest, minutes)
    others = {key: value for key, value in changes.items() if key not in of_data}
    broken = 0 if found is None else found.stored - info.size
    reasons = [_in_words(info, smallest, broken), *reasons, *further]
    if others:
        reasons.append(f"changed by you: {', '.join(others)}")
    recipe = dataclasses.replace(recipe.override(others, trusted), budget=budget)
    return Choice(recipe, minutes, tuple(reasons))


def _minutes(budget: str) -> float:
    if budget in EVERY_BUDGET:
        raise UserError(f"{NAME} is made for a time, such as --budget 20m, not for '{budget}'")
    return minutes_of(budget)


def _require_enough(number: int, name: str) -> None:
    if number < rules.LEAST_PICTURES:
        raise UserError(
            f"{name} has {number} pictures that can be read; {NAME} needs at least {rules.LEAST_PICTURES}, "
            "and a GAN learns little from less than some hundreds"
        )


def _looked_at(data: Spec) -> ImageStats | None:
    """Return what pictures are like that lie at a path and are read at a size; None of any other data set."""
    if not takes_path(data.target) or "size" not in parameters(data.target):
        return None
    found = image_stats(data.kwargs["path"])
    _require_enough(found.stored, data.kwargs["path"])
    return found


def _as_read(data: Spec, found: ImageStats, minutes: float) -> tuple[Spec, list[str]]:
    """Return how pictures are to be read, and why."""
    side = rules.side_for(minutes, found.shorter)
    grey = bool(data.kwargs.get("grey", found.grey))
    chosen = {"size": side, "on_error": "skip", "grey": grey, "flip": not grey}
    read = data.replace(**{name: value for name, value in chosen.items() if data.accepts(name)})
    size = f"resolution: {side}x{side} (shorter side of the middle picture: {found.shorter:g}; "
    size += f"{rules.RESOLUTION.because(minutes)} at most)"
    lines = [size if data.accepts("size") else f"resolution: {data.kwargs['size']}, as you asked"]
    lines += _cut_in_words(found, height_width(read.kwargs["size"]))
    return read, lines + ([_FLIPS[not grey]] if data.accepts("flip") else [])


_FLIPS = {
    True: "mirrored at random: yes (in colour; data.flip=false where left and right matter)",
    False: "mirrored at random: no (grey, so perhaps signs; data.flip=true where left and right do not matter)",
}


def _cut_in_words(found: ImageStats, size: tuple[int, int]) -> list[str]:
    number, lost = found.cut(*size)
    if not number:
        return []
    return [
        f"shape: cut to the middle ({number:,} of {len(found.sizes):,} looked at have another shape, which costs them "
        f"{lost:.0%} at the median; data.size=[HEIGHT,WIDTH] has another)"
    ]


def _smallest_class(dataset: Dataset) -> int:
    labels = dataset.labels(torch.arange(dataset.info.size)) if dataset.info.classes else None
    return 0 if labels is None else int(torch.bincount(labels, minlength=len(dataset.info.classes)).min())


def _recipe(data: Spec, info: DataInfo, smallest: int, minutes: float) -> tuple[Recipe, list[str]]:
    several = 2 <= len(info.classes) <= rules.MOST_CLASSES
    by_class = several and rules.CLASSES(smallest)
    base = (sndcgan_acgan_cifar10 if by_class else sndcgan_cifar10)("laptop")
    sides = (info.shape[1], info.shape[2])
    width, folded = rules.width_for(minutes, sides), rules.folded_for(sides)
    repeats = 1000 * minutes / info.size
    changes: dict[str, Any] = {
        "networks.G.width": width,
        "networks.D.width": width,
        "networks.G.folded": folded,
        "networks.D.folded": folded,
        "algorithm.augmentation": rules.AUGMENTATION(repeats),
        "schedule.ema_half_life": 16_000.0,  # at most, for a plan takes less in a short run
    }
    made = dataclasses.replace(
        base.override(changes),
        name=NAME,
        summary=f"{base.name}, chosen by rule for {info.name}: {info.size:,} pictures, {_shape(info)}",
        data=data,
        optimizers=sndcgan_rates("laptop", width, share=0.5 if folded else 1.0),
    )
    reasons = [f"recipe: {base.name}; {_classes_in_words(info, several, smallest)}"]
    reasons.append(
        f"width: {width} ({rules.WIDTH.because(minutes)}; half of that for a map of twice the side)"
    )
    if folded:
        reasons.append(
            f"folded: blocks of 2x2 pixels are positions, rates half as high (sides from {rules.FOLDED_FROM})"
        )
    reasons.append(rules.AUGMENTATION.why(repeats))
    penalty = f"LeCam, weight {LECAM.kwargs['weight']}"
    return made, [*reasons, f"penalty on D: {penalty} (as in the recipe, for any number of pictures)"]


def _classes_in_words(info: DataInfo, several: bool, smallest: int) -> str:
    if several:
        return rules.CLASSES.why(smallest)
    number = len(info.classes)
    return (
        "classes: none" if number < 2 else f"classes: not used ({number} are more than {rules.MOST_CLASSES})"
    )


def _in_words(info: DataInfo, smallest: int, broken: int) -> str:
    classes = f"{len(info.classes)} classes of at least {smallest:,}" if info.classes else "no classes"
    without = f", without {broken:,} that are broken" if broken else ""
    return f"data: {info.name}, {info.size:,} pictures{without}, {_shape(info)}, {classes}"


def _shape(info: DataInfo) -> str:
    channels, height, width = info.shape
    return f"{width}x{height} {'grey' if channels == 1 else 'colour'}"
