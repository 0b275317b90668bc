"""The names of a data set's splits, and their validation."""

from __future__ import annotations

from typing import Literal, get_args

from ganbench.errors import UserError, did_you_mean

Split = Literal["train", "test"]


def check_split(split: str) -> None:
    """Raise UserError unless the split is "train" or "test".

    Generated sets need this most: any other word would silently seed another stream of numbers.
    """
    if split not in get_args(Split):
        raise UserError(f"there is no split '{split}'{did_you_mean(split, get_args(Split))}")
