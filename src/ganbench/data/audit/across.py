"""Pictures that two sets share, pixel by pixel: of training and test pictures there should be none."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from ganbench.config.spec import Spec
from ganbench.data.audit.check import listed, pixel_key, stored_pictures
from ganbench.data.base import Dataset
from ganbench.data.held_out import held_out_of
from ganbench.data.io.decode import BrokenPicture, read_picture
from ganbench.data.registry import dataset_named
from ganbench.errors import UserError

_SHOWN = 5  # of the groups, in the text form
_CHUNK = 500

Names = Mapping[bytes, Sequence[str]]
"""The names of equal pictures, by what they share."""


@dataclass(frozen=True, kw_only=True)
class Across:
    """What two sets have in common.

    ``names`` are the two sets', ``pictures`` how many (readable) ones each has, ``spare`` how many of those equal an
    earlier one of the same set. ``shared`` holds, for each picture that is in both, its names in the first and the
    second; ``in_both`` counts the pictures of each that are also in the other.
    """

    names: tuple[str, str]
    pictures: tuple[int, int]
    spare: tuple[int, int]
    in_both: tuple[int, int]
    shared: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)

    def __str__(self) -> str:
        within = [
            f"{name}: {pictures:,} pictures, {spare:,} equal to another of them"
            for name, pictures, spare in zip(self.names, self.pictures, self.spare, strict=True)
        ]
        if not self.shared:
            return "\n".join([*within, "in both: no picture"])
        share = self.in_both[1] / self.pictures[1]
        named = listed([f"{b[0]} = {a[0]}" for a, b in self.shared], "; ", _SHOWN)
        return "\n".join(
            [
                *within,
                f"in both: {self.in_both[1]:,} of {self.names[1]} ({share:.2%}) are in {self.names[0]} ({named})",
            ]
        )


def splits_of(name: str) -> Across:
    """Compare the train and the test split of a data set that has a name.

    Raises:
        UserError: there is no such set, it has no pictures or no two splits, or its files are missing.
    """
    function, arguments = dataset_named(name)
    train = Spec(function, **arguments)
    test = held_out_of(train)
    if test is None:
        raise UserError(
            f"'{name}' has no train and test splits; give two folders or archives to compare those"
        )
    return compare(("train", _of_dataset(train(), "train")), ("test", _of_dataset(test(), "test")))


def paths(first: Path, second: Path) -> Across:
    """Compare two folders or archives; pictures that cannot be read are left out.

    Raises:
        UserError: there is nothing at a path, no picture in the folder, or the file is no archive.
    """
    return compare((str(first), _of_path(first)), (str(second), _of_path(second)))


def compare(first: tuple[str, Names], second: tuple[str, Names]) -> Across:
    """Say what two sets, each a name and its pictures, have in common."""
    a, b = first[1], second[1]
    both = [key for key in a if key in b]
    return Across(
        names=(first[0], second[0]),
        pictures=(sum(map(len, a.values())), sum(map(len, b.values()))),
        spare=(sum(len(names) - 1 for names in a.values()), sum(len(names) - 1 for names in b.values())),
        in_both=(sum(len(a[key]) for key in both), sum(len(b[key]) for key in both)),
        shared=tuple((tuple(a[key]), tuple(b[key])) for key in both),
    )


def _of_dataset(data: Dataset, name: str) -> Names:
    if data.info.kind != "image":
        raise UserError(f"'{data.info.name}' holds points, not pictures")
    found: defaultdict[bytes, list[str]] = defaultdict(list)
    for index in torch.split(torch.arange(data.info.size), _CHUNK):
        for number, picture in zip(index.tolist(), data.items(index), strict=True):
            found[hashlib.sha256(picture.contiguous().numpy().tobytes()).digest()].append(f"{name} {number}")
    return found


def _of_path(path: Path) -> Names:
    found: defaultdict[bytes, list[str]] = defaultdict(list)
    for name, _, data in stored_pictures(path):
        if isinstance(data, BrokenPicture):
            continue
        try:
            found[pixel_key(read_picture(data).image)].append(name)
        except BrokenPicture:
            continue
    return found
