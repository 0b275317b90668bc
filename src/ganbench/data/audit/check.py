"""A look at a folder or an archive before anybody trains on it: what is in it, and what is wrong with it."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ganbench.data.io.archive_file import read_archive
from ganbench.data.io.decode import BrokenPicture, read_file, read_picture
from ganbench.data.io.listing import classes_of, list_pictures, shown
from ganbench.errors import UserError

_SHOWN = 5  # of each list, in the text form


@dataclass(frozen=True, kw_only=True)
class Report:
    """What :func:`check` found.

    ``pictures`` counts those that can be read, ``others`` the files that are no pictures by their names.
    ``formats``, ``modes`` (as stored, in Pillow's words), ``sizes`` ("WIDTHxHEIGHT", upright) and ``classes``
    count the readable pictures, most frequent first (classes: by name). ``broken`` holds (name, reason).
    ``same_files`` holds groups of names with equal bytes, ``same_pictures`` of names with equal pixels; the
    second contains the first.
    """

    path: str
    pictures: int
    others: int
    formats: dict[str, int]
    modes: dict[str, int]
    sizes: dict[str, int]
    classes: dict[str, int]
    broken: tuple[tuple[str, str], ...]
    same_files: tuple[tuple[str, ...], ...]
    same_pictures: tuple[tuple[str, ...], ...]

    @property
    def sound(self) -> bool:
        """Whether every picture can be read."""
        return not self.broken

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON can hold it."""
        return asdict(self)

    def __str__(self) -> str:
        lines = [
            f"{self.path}: {self.pictures} pictures, {len(self.broken)} broken, {self.others} other files"
        ]
        for title in ("formats", "modes", "sizes", "classes"):
            counts: dict[str, int] = getattr(self, title)
            if counts:
                lines.append(
                    f"{title + ':':9}{listed([f'{name} ({n})' for name, n in counts.items()], ', ', 12)}"
                )
        if self.classes:
            few, many = min(self.classes.values()), max(self.classes.values())
            lines.append(f"balance: {len(self.classes)} classes with {few} to {many} pictures")
        for title, groups in (("equal files", self.same_files), ("equal pictures", self.same_pictures)):
            spare = sum(len(group) - 1 for group in groups)
            named = listed([" = ".join(group[:_SHOWN]) for group in groups], "; ", _SHOWN)
            lines.append(f"{title}: {spare} too many{f' ({named})' if groups else ''}")
        lines += [f"broken: {name}: {reason}" for name, reason in self.broken[:_SHOWN]]
        if len(self.broken) > _SHOWN:
            lines.append(f"broken: and {len(self.broken) - _SHOWN} more")
        return "\n".join(lines)


def listed(words: list[str], between: str, most: int) -> str:
    """Return the first ``most`` words, and how many more there are."""
    more = [f"and {len(words) - most} more"] if len(words) > most else []
    return between.join(words[:most] + more)


def check(path: str | Path) -> Report:
    """Read every picture of a folder or an archive and report on them. Nothing is changed or cached.

    Raises:
        UserError: there is nothing at the path, no picture in the folder, or the file is no archive.
    """
    path = Path(path)
    items = stored_pictures(path)
    others = list_pictures(path).others if path.is_dir() else 0
    formats, modes, sizes, classes = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    by_bytes: defaultdict[bytes, list[str]] = defaultdict(list)
    by_pixels: defaultdict[bytes, list[str]] = defaultdict(list)
    broken = []
    for name, class_name, data in items:
        try:
            if isinstance(data, BrokenPicture):
                raise data
            picture = read_picture(data)
        except BrokenPicture as error:
            broken.append((name, str(error)))
            continue
        width, height = picture.image.size
        formats[picture.format] += 1
        modes[picture.mode] += 1
        sizes[f"{width}x{height}"] += 1
        if class_name is not None:
            classes[class_name] += 1
        by_bytes[hashlib.sha256(data).digest()].append(name)
        by_pixels[pixel_key(picture.image)].append(name)
    return Report(
        path=str(path),
        pictures=formats.total(),
        others=others,
        formats=dict(formats.most_common()),
        modes=dict(modes.most_common()),
        sizes=dict(sizes.most_common()),
        classes=dict(sorted(classes.items())),
        broken=tuple(broken),
        same_files=tuple(tuple(group) for group in by_bytes.values() if len(group) > 1),
        same_pictures=tuple(tuple(group) for group in by_pixels.values() if len(group) > 1),
    )


def pixel_key(image: Image.Image) -> bytes:
    """Return a key that equal pictures share; as RGB, so that a grey picture equals its copy stored in colour."""
    pixels = np.asarray(image.convert("RGB"))
    return hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).digest()


Item = tuple[str, str | None, bytes | BrokenPicture]


def stored_pictures(path: Path) -> Iterator[Item]:
    """Return name, class name and encoded bytes (or why they cannot be read) of what a folder or an archive holds.

    Raises:
        UserError: there is nothing at the path, no picture in the folder, or the file is no archive.
    """
    if not path.exists():
        raise UserError(f"there is no folder and no archive {path}")
    return _of_folder(path) if path.is_dir() else _of_archive(path)


def _of_folder(path: Path) -> Iterator[Item]:
    files = list_pictures(path).files
    labels, classes = classes_of(files)
    for row, file in enumerate(files):
        data: bytes | BrokenPicture
        try:
            data = read_file(path / file)
        except BrokenPicture as error:
            data = error
        yield shown(file), None if labels is None else classes[labels[row]], data


def _of_archive(path: Path) -> Iterator[Item]:
    archive = read_archive(path)
    for number in range(len(archive)):
        label = None if archive.labels is None else archive.classes[archive.labels[number]]
        yield f"picture {number}", label, archive.stream(number)
