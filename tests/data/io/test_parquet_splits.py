from __future__ import annotations

from pathlib import Path

import pytest

from ganbench.data.io.parquet_splits import choose_split, parquet_splits
from ganbench.errors import UserError


def names(folder: Path, *files: str) -> dict[str, list[str]]:
    for file in files:
        (folder / file).touch()
    return {split: [path.name for path in paths] for split, paths in parquet_splits(folder).items()}


def test_files_are_sorted_by_the_split_in_their_names(tmp_path: Path) -> None:
    assert names(tmp_path, "Val.parquet", "train_1.parquet", "train-2.parquet", "extra-0-of-1.parquet") == {
        "validation": ["Val.parquet"],
        "train": ["train-2.parquet", "train_1.parquet"],
        "extra": ["extra-0-of-1.parquet"],
    }


def test_other_names_are_of_no_split(tmp_path: Path) -> None:
    files = ["a.parquet", "part-0-of-2.parquet", "trainset.parquet"]
    assert names(tmp_path, *files) == {"all": files}
    with pytest.raises(UserError, match=r"a.parquet is not named after a split"):
        names(tmp_path, "test.parquet")


def test_one_split_is_chosen() -> None:
    assert choose_split({"test": 1}, None, "x") == (1, "test")
    assert choose_split({"test": 1, "train": 2}, None, "x") == (2, "train")
    with pytest.raises(UserError, match="x has no split 'train'; it has extra, test"):
        choose_split({"extra": 1, "test": 2}, None, "x")
