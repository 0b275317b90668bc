"""The items of a data set that a protocol compares with."""

from __future__ import annotations

from typing import Literal, TypeAlias

import torch

from ganbench.data.base import Dataset
from ganbench.data.part import Part
from ganbench.errors import UserError

Draw: TypeAlias = Literal["all", "the first in order", "at random with replacement"]


def part_of(whole: Dataset, draw: Draw, items: int | None, asked_by: str) -> Dataset:
    """Return the set itself, or so many of its items. Raises UserError if it has too few."""
    size = whole.info.size
    if draw == "all" or items is None:
        return whole
    if items > size:
        raise UserError(
            f"protocol '{asked_by}' compares with {items:,} real pictures, and '{whole.info.name}' has {size:,}"
        )
    if draw == "the first in order":
        return Part(whole, torch.arange(items), draw)
    return Part(whole, torch.randint(size, (items,), generator=torch.Generator().manual_seed(0)), draw)
