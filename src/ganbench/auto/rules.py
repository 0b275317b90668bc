"""The rules by which ``auto`` chooses a recipe; docs/auto.md shows them as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ganbench.augment import DiffAugment
from ganbench.config.spec import Spec

MIN_IMAGES = 16  # from fewer images a GAN can only learn these images themselves
MAX_CLASSES = 100
RESOLUTIONS = (32, 64, 128)
PATCH_MIN_SIDE = 64  # pixels; from this side on, networks work on 2x2 patches and so on maps of half the size


def format_number(number: float) -> str:
    """Return a number as explanations and the table show it."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


@dataclass(frozen=True)
class Option:
    """A choice that applies from the number ``minimum`` up to the next option."""

    minimum: float
    value: Any
    label: str


@dataclass(frozen=True)
class Rule:
    """Chooses the last option whose minimum a number reaches; ``criterion`` names the number and its unit."""

    name: str
    criterion: str
    options: tuple[Option, ...]

    def option(self, number: float) -> Option:
        """Return the option for a number; the first one if the number reaches no minimum."""
        candidates = [option for option in self.options if option.minimum <= number]
        return candidates[-1] if candidates else self.options[0]

    def choose(self, number: float) -> Any:
        """Return the value for a number."""
        return self.option(number).value

    def describe_criterion(self, number: float) -> str:
        """Return the number with its name, and where the next option starts."""
        following = next((option for option in self.options[1:] if option.minimum > number), None)
        threshold = (
            "" if following is None else f"; from {format_number(following.minimum)}: {following.label}"
        )
        return f"{self.criterion}: {format_number(number)}{threshold}"

    def explain(self, number: float) -> str:
        """Return one line that states the choice for a number and the reason."""
        return f"{self.name}: {self.option(number).label} ({self.describe_criterion(number)})"


RESOLUTION = Rule(
    "maximum resolution",
    "minutes of budget",
    (Option(0, 32, "32"), Option(30, 64, "64"), Option(120, 128, "128")),
)
WIDTH = Rule(
    "channels of the largest feature map, for images of 32 pixels per side",
    "minutes of budget",
    (Option(0, 8, "8"), Option(5, 16, "16"), Option(120, 32, "32"), Option(960, 64, "64, as in the paper")),
)
CLASSES = Rule(
    "classes",
    "images in the smallest class",
    (
        Option(0, False, "not used"),
        Option(20, True, "used: conditional batch norm in G, auxiliary classifier in D"),
    ),
)
AUGMENTATION = Rule(
    "augmentation of D's input",
    # A proxy for the number of epochs, which is unknown before the speed of the machine is measured.
    "minutes of budget per 1,000 images",
    (
        Option(0, None, "none"),
        Option(2, Spec(DiffAugment, colour=False), "DiffAugment: translation, cutout"),
        Option(5, Spec(DiffAugment), "DiffAugment: colour, translation, cutout"),
    ),
)
RULES = (RESOLUTION, WIDTH, CLASSES, AUGMENTATION)


def choose_resolution(minutes: float, shorter_side: float) -> int:
    """Return the side to which images are cropped, given the median of their shorter sides in pixels.

    It is the largest one that neither the budget's maximum nor the images' size rules out, and at least the smallest.
    """
    maximum = min(RESOLUTION.choose(minutes), shorter_side)
    return max(side for side in RESOLUTIONS if side == RESOLUTIONS[0] or side <= maximum)


def patch_size_for(sides: tuple[int, int]) -> int:
    """Return the networks' ``patch_size`` for images of these sides: 2, or 1 for small images."""
    return 2 if min(sides) >= PATCH_MIN_SIDE else 1


def choose_width(minutes: float, sides: tuple[int, int]) -> int:
    """Return the channels of the largest feature map: half as many for twice its side, to limit the computation."""
    largest = min(sides) // patch_size_for(sides)
    doublings = ((largest - 1) // 32).bit_length()
    return max(1, int(WIDTH.choose(minutes)) >> doublings)


def markdown_table() -> str:
    """Return the rules as a Markdown table."""
    lines = ["| choice | criterion | options |", "|---|---|---|"]
    for rule in RULES:
        options = "; ".join(
            option.label if not option.minimum else f"from {format_number(option.minimum)}: {option.label}"
            for option in rule.options
        )
        lines.append(f"| {rule.name} | {rule.criterion} | {options} |")
    return "\n".join(lines)
