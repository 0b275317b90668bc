"""Find images that two sets share, pixel by pixel: training and test images should have none in common."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from ganbench.config.spec import Spec
from ganbench.data.audit.check import abbreviate_list, hash_pixels, read_images
from ganbench.data.base import Dataset
from ganbench.data.held_out import held_out_split
from ganbench.data.io.decode import BrokenImageError, decode_image
from ganbench.data.registry import find_dataset
from ganbench.errors import UserError

_MAX_LISTED = 5  # groups, in the text form
_BATCH = 500

NamesByHash = Mapping[bytes, Sequence[str]]
"""The names of equal images, by the hash of their pixels."""


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """The images that two sets share.

    Attributes:
        names: the names of the two sets.
        pictures: the number of readable images of each.
        duplicates: the number of images of each that equal an earlier one of the same set.
        in_both: the number of images of each that are also in the other.
        shared: for each image that is in both, its names in the first and in the second set.
    """

    names: tuple[str, str]
    pictures: tuple[int, int]
    duplicates: tuple[int, int]
    in_both: tuple[int, int]
    shared: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the result as a JSON-compatible dict."""
        return asdict(self)

    def __str__(self) -> str:
        lines = [
            f"{name}: {count:,} images, {duplicates:,} of them duplicates"
            for name, count, duplicates in zip(self.names, self.pictures, self.duplicates, strict=True)
        ]
        if not self.shared:
            return "\n".join([*lines, "in both: none"])
        share = self.in_both[1] / self.pictures[1]
        pairs = abbreviate_list([f"{b[0]} = {a[0]}" for a, b in self.shared], "; ", _MAX_LISTED)
        line = (
            f"in both: {self.in_both[1]:,} of {self.names[1]} ({share:.2%}) are in {self.names[0]} ({pairs})"
        )
        return "\n".join([*lines, line])


def compare_splits(name: str, trusted: Collection[str] = ()) -> Overlap:
    """Compare the train and the test split of a named data set; ``trusted`` modules may define it.

    Raises:
        UserError: there is no such set, it has no images or no two splits, or its files are missing.
    """
    function, arguments = find_dataset(name, trusted)
    train = Spec(function, **arguments)
    test = held_out_split(train)
    if test is None:
        raise UserError(
            f"'{name}' has no train and test splits; give two folders or archives to compare those"
        )
    return find_overlap(("train", _hash_dataset(train(), "train")), ("test", _hash_dataset(test(), "test")))


def compare_paths(first: Path, second: Path) -> Overlap:
    """Compare two folders or archives; unreadable images are left out.

    Raises:
        UserError: a path does not exist, a folder has no images, or a file is not an archive.
    """
    return find_overlap((str(first), _hash_path(first)), (str(second), _hash_path(second)))


def find_overlap(first: tuple[str, NamesByHash], second: tuple[str, NamesByHash]) -> Overlap:
    """Return the images that two sets share; each set is its name and its images by hash."""
    a, b = first[1], second[1]
    both = [key for key in a if key in b]
    return Overlap(
        names=(first[0], second[0]),
        pictures=(sum(map(len, a.values())), sum(map(len, b.values()))),
        duplicates=(sum(len(names) - 1 for names in a.values()), sum(len(names) - 1 for names in b.values())),
        in_both=(sum(len(a[key]) for key in both), sum(len(b[key]) for key in both)),
        shared=tuple((tuple(a[key]), tuple(b[key])) for key in both),
    )


def _hash_dataset(data: Dataset, name: str) -> NamesByHash:
    if data.info.kind != "image":
        raise UserError(f"'{data.info.name}' holds points, not images")
    names: defaultdict[bytes, list[str]] = defaultdict(list)
    for index in torch.split(torch.arange(data.info.size), _BATCH):
        for number, image in zip(index.tolist(), data.items(index), strict=True):
            names[hashlib.sha256(image.contiguous().numpy().tobytes()).digest()].append(f"{name} {number}")
    return names


def _hash_path(path: Path) -> NamesByHash:
    names: defaultdict[bytes, list[str]] = defaultdict(list)
    for name, _, data in read_images(path):
        if isinstance(data, BrokenImageError):
            continue
        try:
            names[hash_pixels(decode_image(data).image)].append(name)
        except BrokenImageError:
            continue
    return names
