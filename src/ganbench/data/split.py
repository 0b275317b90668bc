"""The two parts of a data set, and the refusal of any other word."""

from __future__ import annotations

from typing import Literal, get_args

from ganbench.errors import UserError, did_you_mean

Split = Literal["train", "test"]


def check_split(split: str) -> None:
    """Refuse a split that is neither "train" nor "test".

    Generated sets need this most: any other word would quietly give another stream of numbers.
    """
    if split not in get_args(Split):
        raise UserError(f"no split is called '{split}'{did_you_mean(split, get_args(Split))}")
