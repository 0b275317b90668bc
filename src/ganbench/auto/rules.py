"""The rules by which a recipe is chosen, each a ladder of one number; docs/auto.md shows this table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ganbench.augment import DiffAugment
from ganbench.config.spec import Spec

LEAST_PICTURES = 16  # below this there is nothing to learn from but the pictures themselves
MOST_CLASSES = 100
SIDES = (32, 64, 128)
FOLDED_FROM = 64  # pixels a side; from there on networks work on blocks of 2x2, so on maps half as large


def shown(number: float) -> str:
    """Return a number as lines and tables have it."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


@dataclass(frozen=True)
class Step:
    """What is chosen from ``least`` on, up to the next step, and what it is called."""

    least: float
    value: Any
    words: str


@dataclass(frozen=True)
class Rule:
    """A choice of ``what`` by one number, which ``by`` names with its unit: the last step that it reaches."""

    what: str
    by: str
    steps: tuple[Step, ...]

    def step(self, number: float) -> Step:
        """Return the step that a number reaches, the first one for any that reaches none."""
        reached = [step for step in self.steps if step.least <= number]
        return reached[-1] if reached else self.steps[0]

    def __call__(self, number: float) -> Any:
        """Return what is chosen for a number."""
        return self.step(number).value

    def because(self, number: float) -> str:
        """Return the number that decides, and from which one on something else would be chosen."""
        following = next((step for step in self.steps[1:] if step.least > number), None)
        more = "" if following is None else f"; from {shown(following.least)}: {following.words}"
        return f"{self.by}: {shown(number)}{more}"

    def why(self, number: float) -> str:
        """Return what is chosen for a number, and why, in a line."""
        return f"{self.what}: {self.step(number).words} ({self.because(number)})"


RESOLUTION = Rule(
    "most pixels a side",
    "minutes of budget",
    (Step(0, 32, "32"), Step(30, 64, "64"), Step(120, 128, "128")),
)
WIDTH = Rule(
    "channels of the largest map at 32 pixels a side",
    "minutes of budget",
    (Step(0, 8, "8"), Step(5, 16, "16"), Step(120, 32, "32"), Step(960, 64, "64, the paper's")),
)
CLASSES = Rule(
    "classes",
    "pictures in the smallest class",
    (Step(0, False, "not used"), Step(20, True, "used: G is told them by norms, D learns to tell them")),
)
#: Stands for how often each picture will be seen, which nobody knows before the machine was tried.
_REPEATS = "minutes of budget for each 1,000 pictures"
AUGMENTATION = Rule(
    "augmentation of what D sees",
    _REPEATS,
    (
        Step(0, None, "none"),
        Step(2, Spec(DiffAugment, colour=False), "DiffAugment: translation, cutout"),
        Step(5, Spec(DiffAugment), "DiffAugment: colour, translation, cutout"),
    ),
)
RULES = (RESOLUTION, WIDTH, CLASSES, AUGMENTATION)


def side_for(minutes: float, shorter: float) -> int:
    """Return the side that pictures are cut to, where the shorter side of the middle one has so many pixels.

    The largest that the budget allows and the pictures have, at least the smallest there is.
    """
    most = RESOLUTION(minutes)
    return max(side for side in SIDES if side == SIDES[0] or side <= min(most, shorter))


def folded_for(sides: tuple[int, int]) -> bool:
    """Return whether networks for pictures of these sides are to work on blocks of 2x2 pixels."""
    return min(sides) >= FOLDED_FROM


def width_for(minutes: float, sides: tuple[int, int]) -> int:
    """Return the channels of the networks' largest map: half as many for twice its side, so that work grows little."""
    largest = min(sides) // 2 if folded_for(sides) else min(sides)
    doublings = ((largest - 1) // 32).bit_length()
    return max(1, int(WIDTH(minutes)) >> doublings)


def table() -> str:
    """Return the ladders as a table in Markdown."""
    lines = ["| what | by | chosen |", "|---|---|---|"]
    for rule in RULES:
        steps = "; ".join(
            step.words if not step.least else f"from {shown(step.least)}: {step.words}" for step in rule.steps
        )
        lines.append(f"| {rule.what} | {rule.by} | {steps} |")
    return "\n".join(lines)
