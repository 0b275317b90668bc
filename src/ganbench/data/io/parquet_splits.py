"""The splits of Parquet files, by the names that the Hugging Face Hub gives them, and the choice of one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from ganbench.errors import UserError

WHOLE = "all"  # the only split of a set that is not split

_T = TypeVar("_T")
_KEYWORDS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev"), "validation"),
    **dict.fromkeys(("test", "testing", "eval", "evaluation"), "test"),
}
_FIRST_WORD = re.compile(r"[a-z]+(?=$|[-._ 0-9])")
_SHARD = re.compile(r"(.+)-\d+-of-\d+(-|$)")


def parquet_splits(place: Path) -> dict[str, list[Path]]:
    """Return the files of each split of a Parquet file or a folder of them; all are of split "all" without such names.

    Raises:
        UserError: only some files are named after a split.
    """
    files = sorted(place.glob("*.parquet")) if place.is_dir() else [place]
    if not any(_keyword(file) for file in files):
        return {WHOLE: files}
    splits: dict[str, list[Path]] = {}
    for file in files:
        shard = _SHARD.match(file.stem)
        name = _keyword(file) or (shard and shard[1])
        if not name:
            raise UserError(
                f"{file} is not named after a split, as other Parquet files beside it are: rename or move it"
            )
        splits.setdefault(name, []).append(file)
    return splits


def choose_split(splits: Mapping[str, _T], split: str | None, path: str) -> tuple[_T, str]:
    """Return one split and its name; None means the only split, or "train" of several.

    Raises:
        UserError: there is no such split.
    """
    if split is None:
        split = next(iter(splits)) if len(splits) == 1 else "train"
    if split in splits:
        return splits[split], split
    if list(splits) == [WHOLE]:
        raise UserError(f"{path} has no splits to choose from, so leave '{split}' out")
    raise UserError(f"{path} has no split '{split}'; it has {', '.join(sorted(splits))}")


def _keyword(file: Path) -> str | None:
    word = _FIRST_WORD.match(file.stem.lower())
    return _KEYWORDS.get(word[0]) if word else None
