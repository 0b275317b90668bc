"""Tiny ImageNet as its official archive unpacks: 64x64 photographs in 200 classes, for users who have it."""

from __future__ import annotations

from pathlib import Path, PurePath

import torch

from ganbench.data.folder import decoded
from ganbench.data.images import ImageSet
from ganbench.data.io.listing import Listing, list_pictures
from ganbench.data.registry import dataset
from ganbench.data.split import Split, check_split
from ganbench.errors import UserError
from ganbench.utils.paths import roots, where_to_put

_FOLDER = "tiny-imagenet-200"
_NOTES = "val/val_annotations.txt"


@dataset("tiny-imagenet")
def tiny_imagenet(split: Split = "train", flip: bool = True) -> ImageSet:
    """Tiny ImageNet, 64x64 RGB photographs in 200 classes; the test split is its val."""
    check_split(split)
    needed = ("wnids.txt", "words.txt", "train" if split == "train" else _NOTES)
    folders = [root / _FOLDER for root in roots()]
    root = next((folder for folder in folders if all((folder / file).exists() for file in needed)), None)
    if root is None:
        raise where_to_put(
            "tiny-imagenet",
            f"{_FOLDER}/ (the official archive, unpacked: wnids.txt, words.txt, train/n*/images/*.JPEG, "
            f"val/images/*.JPEG and {_NOTES})",
        )
    numbers = {name: number for number, name in enumerate(_lines(root / "wnids.txt"))}
    named = _train(root) if split == "train" else _val(root)
    unknown = sorted({name for _, name in named} - set(numbers))
    if unknown:
        raise UserError(f"{root}: the class {unknown[0]} is not in wnids.txt")
    listing = Listing(root, tuple(file for file, _ in named), 0)
    content = decoded(listing, (64, 64), False, "refuse")
    labels = torch.tensor([numbers[name] for _, name in named])
    pixels = torch.from_numpy(content.pixels)
    return ImageSet("tiny-imagenet", pixels, labels, _words(root, list(numbers)), split=split, flip=flip)


def _lines(path: Path) -> list[str]:
    """Return the lines of a file that hold something. Raises UserError if it is no text."""
    try:
        return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}") from error


def _train(root: Path) -> list[tuple[PurePath, str]]:
    """Return each training picture and its class: that of its first folder."""
    return [(PurePath("train") / file, file.parts[0]) for file in list_pictures(root / "train").files]


def _val(root: Path) -> list[tuple[PurePath, str]]:
    """Return each picture of val and its class, in the order of their notes."""
    rows = [line.split("\t") for line in _lines(root / _NOTES)]
    if not rows or any(len(row) < 2 for row in rows):
        raise UserError(f"{root / _NOTES} has no lines of a file's name and its class, with a tab between")
    return [(PurePath("val", "images", row[0]), row[1]) for row in rows]


def _words(root: Path, names: list[str]) -> tuple[str, ...]:
    """Return the first word for each class; where two have the same, its number is added."""
    known = dict(line.split("\t", 1) for line in _lines(root / "words.txt") if "\t" in line)
    words = [known.get(name, name).split(",")[0].strip() for name in names]
    return tuple(
        word if words.count(word) == 1 else f"{word} ({name})"
        for word, name in zip(words, names, strict=True)
    )
