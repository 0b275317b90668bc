"""Check a folder or an archive before training: what it contains, and what is wrong with it."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ganbench.data.classes import describe_empty_classes
from ganbench.data.io.archive_file import read_archive
from ganbench.data.io.decode import BrokenImageError, decode_image, read_image_bytes
from ganbench.data.io.listing import (
    ImageFiles,
    classes_from_folders,
    list_images,
    lost_classes,
    printable_path,
)
from ganbench.errors import UserError

_MAX_LISTED = 5  # of each list, in the text form


@dataclass(frozen=True, kw_only=True)
class DatasetReport:
    """The result of :func:`check`.

    Attributes:
        path: the folder or the archive.
        pictures: the number of readable images.
        others: the number of files that are not images, by their suffixes.
        formats: the number of readable images of each format, most frequent first.
        modes: the number of each mode as stored, in Pillow's terms.
        sizes: the number of each size, "WIDTHxHEIGHT", upright.
        classes: the number of images of each class, by name.
        notes: sentences on classes that are not there.
        broken: (name, reason) of each broken image and, with a slash behind the name, of each unreadable subfolder.
        same_files: groups of names with equal bytes.
        same_pictures: groups of names with equal pixels; includes ``same_files``.
    """

    path: str
    pictures: int
    others: int
    formats: dict[str, int]
    modes: dict[str, int]
    sizes: dict[str, int]
    classes: dict[str, int]
    notes: tuple[str, ...]
    broken: tuple[tuple[str, str], ...]
    same_files: tuple[tuple[str, ...], ...]
    same_pictures: tuple[tuple[str, ...], ...]

    @property
    def all_readable(self) -> bool:
        """Whether every subfolder can be listed and every image decoded."""
        return not self.broken

    def to_dict(self) -> dict[str, Any]:
        """Return the report as a JSON-compatible dict."""
        return asdict(self)

    def __str__(self) -> str:
        lines = [f"{self.path}: {self.pictures} images, {len(self.broken)} broken, {self.others} other files"]
        for title in ("formats", "modes", "sizes", "classes"):
            counts: dict[str, int] = getattr(self, title)
            if counts:
                lines.append(
                    f"{title + ':':9}{abbreviate_list([f'{name} ({n})' for name, n in counts.items()], ', ', 12)}"
                )
        if len(self.classes) > 1:
            fewest, most = min(self.classes.values()), max(self.classes.values())
            lines.append(f"balance: {len(self.classes)} classes with {fewest} to {most} images")
        for title, groups in (("duplicate files", self.same_files), ("duplicate images", self.same_pictures)):
            count = sum(len(group) - 1 for group in groups)
            names = abbreviate_list([" = ".join(group[:_MAX_LISTED]) for group in groups], "; ", _MAX_LISTED)
            lines.append(f"{title}: {f'{count} ({names})' if groups else 'none'}")
        lines += [f"note: {note}" for note in self.notes]
        lines += [f"broken: {name}: {reason}" for name, reason in self.broken[:_MAX_LISTED]]
        if len(self.broken) > _MAX_LISTED:
            lines.append(f"broken: and {len(self.broken) - _MAX_LISTED} more")
        return "\n".join(lines)


def abbreviate_list(words: list[str], separator: str, limit: int) -> str:
    """Return the first ``limit`` words, joined, and the number of the remaining ones."""
    more = [f"and {len(words) - limit} more"] if len(words) > limit else []
    return separator.join(words[:limit] + more)


def check(path: str | Path) -> DatasetReport:
    """Decode every image of a folder or an archive and report on them. Nothing is changed or cached.

    Raises:
        UserError: the path does not exist, the folder has no images, or the file is not an archive.
    """
    path = Path(path)
    images = read_images(path)
    files = list_images(path, None) if path.is_dir() else None
    formats, modes, sizes, classes = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    by_bytes: defaultdict[bytes, list[str]] = defaultdict(list)
    by_pixels: defaultdict[bytes, list[str]] = defaultdict(list)
    broken = [] if files is None else [(f"{name}/", reason) for name, reason in files.unreadable]
    for name, class_name, data in images:
        try:
            if isinstance(data, BrokenImageError):
                raise data
            decoded = decode_image(data)
        except BrokenImageError as error:
            broken.append((name, str(error)))
            continue
        width, height = decoded.image.size
        formats[decoded.format] += 1
        modes[decoded.mode] += 1
        sizes[f"{width}x{height}"] += 1
        if class_name is not None:
            classes[class_name] += 1
        by_bytes[hashlib.sha256(data).digest()].append(name)
        by_pixels[hash_pixels(decoded.image)].append(name)
    return DatasetReport(
        path=str(path),
        pictures=formats.total(),
        others=0 if files is None else files.others,
        formats=dict(formats.most_common()),
        modes=dict(modes.most_common()),
        sizes=dict(sizes.most_common()),
        classes=dict(sorted(classes.items())),
        notes=tuple(_notes(path, files, tuple(classes))),
        broken=tuple(broken),
        same_files=tuple(tuple(group) for group in by_bytes.values() if len(group) > 1),
        same_pictures=tuple(tuple(group) for group in by_pixels.values() if len(group) > 1),
    )


def _notes(path: Path, files: ImageFiles | None, classes: tuple[str, ...]) -> list[str]:
    """Return sentences on classes that are not there: subfolders or class names without readable images."""
    if files is not None:
        return lost_classes(files, classes)
    names = read_archive(path).classes
    empty = [name for name in names if name not in classes]
    return [describe_empty_classes(empty, names)] if empty else []


def hash_pixels(image: Image.Image) -> bytes:
    """Return a hash of the pixels as RGB, so that a grey image equals its copy stored in colour."""
    pixels = np.asarray(image.convert("RGB"))
    return hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).digest()


StoredImage = tuple[str, str | None, bytes | BrokenImageError]
"""The name, the class name, and the encoded bytes of an image, or why they cannot be read."""


def read_images(path: Path) -> Iterator[StoredImage]:
    """Iterate over the encoded images of a folder or an archive.

    Raises:
        UserError: the path does not exist, the folder has no images, or the file is not an archive.
    """
    if not path.exists():
        raise UserError(f"there is no folder and no archive {path}")
    return _read_folder(path) if path.is_dir() else _read_archive(path)


def _read_folder(path: Path) -> Iterator[StoredImage]:
    files = list_images(path, None).paths
    labels, classes = classes_from_folders(files)
    for row, file in enumerate(files):
        data: bytes | BrokenImageError
        try:
            data = read_image_bytes(path / file)
        except BrokenImageError as error:
            data = error
        yield printable_path(file), None if labels is None else classes[labels[row]], data


def _read_archive(path: Path) -> Iterator[StoredImage]:
    archive = read_archive(path)
    for number in range(len(archive)):
        label = None if archive.labels is None else archive.classes[archive.labels[number]]
        yield f"image {number}", label, archive.image_bytes(number)
