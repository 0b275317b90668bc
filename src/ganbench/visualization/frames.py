"""TODO."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Frame:
    """A picture of a step: its file."""

    step: int
    path: Path


def frames(folder: Path) -> list[Frame]:
    """Return the pictures ``step-N.png`` of a folder in the order of their steps."""
    named = ((path.stem.removeprefix("step-"), path) for path in folder.glob("step-*.png"))
    return sorted((Frame(int(n), path) for n, path in named if n.isdigit()), key=lambda frame: frame.step)


def spread(found: Sequence[Frame], most: int) -> list[Frame]:
    """Return at most so many frames, evenly spaced, the first and the last among them."""
    if len(found) <= most:
        return list(found)
    if most == 1:
        return [found[-1]]
    return [found[round(i * (len(found) - 1) / (most - 1))] for i in range(most)]
