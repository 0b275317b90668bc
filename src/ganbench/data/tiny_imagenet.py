"""Tiny ImageNet from its unpacked official archive: 64x64 photographs in 200 classes."""

from __future__ import annotations

from pathlib import Path, PurePath

import torch

from ganbench.data.folder import load_images
from ganbench.data.images import ImageDataset
from ganbench.data.io.listing import ImageFiles, list_images
from ganbench.data.registry import dataset
from ganbench.data.split import Split, check_split
from ganbench.errors import UserError
from ganbench.utils.paths import data_roots, missing_files_error

_FOLDER = "tiny-imagenet-200"
_ANNOTATIONS = "val/val_annotations.txt"


def _find(split: str) -> Path | None:
    required_files = ("wnids.txt", "words.txt", "train" if split == "train" else _ANNOTATIONS)
    folders = [root / _FOLDER for root in data_roots()]
    return next(
        (folder for folder in folders if all((folder / file).exists() for file in required_files)), None
    )


@dataset("tiny-imagenet", find=lambda: _find("train"))
def tiny_imagenet(split: Split = "train", flip: bool = True) -> ImageDataset:
    """Tiny ImageNet: photographs, 64x64 RGB in 200 classes; the test split is its validation set."""
    check_split(split)
    root = _find(split)
    if root is None:
        raise missing_files_error(
            "tiny-imagenet",
            f"{_FOLDER}/ (the official archive, unpacked: wnids.txt, words.txt, train/n*/images/*.JPEG, "
            f"val/images/*.JPEG and {_ANNOTATIONS})",
        )
    numbers = {wnid: number for number, wnid in enumerate(_read_lines(root / "wnids.txt"))}
    images = _list_train(root) if split == "train" else _list_val(root)
    unknown = sorted({wnid for _, wnid in images} - set(numbers))
    if unknown:
        raise UserError(f"{root}: the class {unknown[0]} is not in wnids.txt")
    files = ImageFiles(root, tuple(path for path, _ in images), 0)
    content = load_images(files, (64, 64), False, "refuse")
    labels = torch.tensor([numbers[wnid] for _, wnid in images])
    pixels = torch.from_numpy(content.pixels)
    classes = _class_names(root, list(numbers))
    return ImageDataset("tiny-imagenet", pixels, labels, classes, split=split, flip=flip)


def _read_lines(path: Path) -> list[str]:
    """Return the non-empty lines of a file. Raises UserError if it is not a text file."""
    try:
        return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}") from error


def _list_train(root: Path) -> list[tuple[PurePath, str]]:
    """Return the path and the class of each training image; the class is its first folder."""
    return [(PurePath("train") / path, path.parts[0]) for path in list_images(root / "train").paths]


def _list_val(root: Path) -> list[tuple[PurePath, str]]:
    """Return the path and the class of each validation image, in the order of the annotations."""
    rows = [line.split("\t") for line in _read_lines(root / _ANNOTATIONS)]
    if not rows or any(len(row) < 2 for row in rows):
        raise UserError(
            f"{root / _ANNOTATIONS} must have lines of a file name and its class, separated by a tab"
        )
    return [(PurePath("val", "images", row[0]), row[1]) for row in rows]


def _class_names(root: Path, wnids: list[str]) -> tuple[str, ...]:
    """Return the first word of each class; if two classes have the same one, the WordNet id is added."""
    words_by_wnid = dict(line.split("\t", 1) for line in _read_lines(root / "words.txt") if "\t" in line)
    words = [words_by_wnid.get(wnid, wnid).split(",")[0].strip() for wnid in wnids]
    return tuple(
        word if words.count(word) == 1 else f"{word} ({wnid})"
        for word, wnid in zip(words, wnids, strict=True)
    )
