"""Tar files as WebDataset writes them: the members of an item share a name up to the first dot."""

from __future__ import annotations

import io
import json
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ganbench.data.io.decode import BrokenImageError, decode_image
from ganbench.data.io.shard_index import MAX_ITEM_BYTES
from ganbench.errors import UserError

IMAGE_ENDINGS = ("png", "jpg", "jpeg", "webp")
IMAGE_FORMATS = ("PNG", "JPEG", "WEBP")
HEADER_BYTES = 512
_MAX_LABEL_BYTES = 2**20


@dataclass(frozen=True)
class ShardItem:
    """An item of a shard.

    Attributes:
        offset: where the encoded image begins in the tar file, in bytes.
        length: its length in bytes.
        crc32: its CRC-32.
        label: its class as written: a number, or a name; None without one.
        size: (height, width) as its header says.
        grey: whether it is grey.
    """

    offset: int
    length: int
    crc32: int
    label: int | str | None
    size: tuple[int, int]
    grey: bool


def write_shard(file: BinaryIO, items: Iterable[tuple[str, bytes, int | None]]) -> list[tuple[int, int, int]]:
    """Write items (key, PNG, class number) to a tar file, and return the (offset, length, CRC-32) of each PNG.

    The same items always give the same bytes.
    """
    places = []
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for key, image, label in items:
            offset = _add(tar, f"{key}.png", image)
            if label is not None:
                _add(tar, f"{key}.cls", str(label).encode())
            places.append((offset, len(image), zlib.crc32(image)))
    return places


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> int:
    """Add a member, and return where its content begins."""
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))
    padded = -(-len(content) // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
    return int(tar.offset) - padded


def scan_shard(path: Path) -> tuple[list[ShardItem], list[tuple[str, str]]]:
    """Read a tar file once and decode its images. Return its items in order, and (name, reason) of broken ones.

    Raises:
        UserError: it is no plain tar file, an item has no image or several, or a label cannot be read.
    """
    items: list[ShardItem] = []
    broken: list[tuple[str, str]] = []
    try:
        with tarfile.open(path, "r:") as tar:  # not compressed: offsets must lead to the bytes
            for members in _groups(tar):
                image = _image_member(path, members)
                try:
                    items.append(_item(tar, path, image, members))
                except BrokenImageError as error:
                    broken.append((f"{image.name} in {path.name}", str(error)))
    except (tarfile.TarError, OSError, EOFError) as error:
        raise UserError(f"{path} is no tar file without compression, or is damaged: {error}") from error
    return items, broken


def _groups(tar: tarfile.TarFile) -> Iterator[dict[str, tarfile.TarInfo]]:
    """Yield the members of each item by their endings; those of one item are neighbours."""
    key, members = "", dict[str, tarfile.TarInfo]()
    for member in tar:
        folder, _, name = member.name.rpartition("/")
        if not member.isfile() or name.startswith(("_", ".")):
            continue
        stem, _, ending = name.partition(".")
        if f"{folder}/{stem}" != key:
            if members:
                yield members
            key, members = f"{folder}/{stem}", {}
        members[ending.lower()] = member
    if members:
        yield members


def _image_member(path: Path, members: dict[str, tarfile.TarInfo]) -> tarfile.TarInfo:
    images = [member for ending, member in members.items() if ending.rpartition(".")[2] in IMAGE_ENDINGS]
    if len(images) != 1:
        first = next(iter(members.values())).name
        raise UserError(
            f"the item of {first} in {path} has {len(images)} images, and needs one ending in "
            f"{' '.join(IMAGE_ENDINGS)} (it has {', '.join(members)})"
        )
    return images[0]


def _item(
    tar: tarfile.TarFile, path: Path, member: tarfile.TarInfo, members: dict[str, tarfile.TarInfo]
) -> ShardItem:
    if member.size > MAX_ITEM_BYTES:
        raise BrokenImageError(f"the file is above {MAX_ITEM_BYTES // 2**20} MiB")
    content = _read(tar, member)
    image = decode_image(content, IMAGE_FORMATS).image
    label = _label(tar, path, members)
    size = image.height, image.width
    return ShardItem(member.offset_data, member.size, zlib.crc32(content), label, size, image.mode == "L")


def _label(tar: tarfile.TarFile, path: Path, members: dict[str, tarfile.TarInfo]) -> int | str | None:
    """Return the class in the member ``cls``, or ``label`` or ``cls`` of the object in the member ``json``."""
    for ending in ("cls", "json"):
        if ending not in members:
            continue
        member = members[ending]
        if member.size > _MAX_LABEL_BYTES:
            raise UserError(f"{member.name} in {path} is above {_MAX_LABEL_BYTES // 2**20} MiB")
        text = _read(tar, member).decode(errors="replace").strip()
        try:
            value = int(text) if ending == "cls" else json.loads(text)
        except (ValueError, RecursionError) as error:
            raise UserError(f"{member.name} in {path} holds no class: {text[:40]!r}") from error
        if isinstance(value, dict):
            value = value.get("label", value.get("cls"))
        if isinstance(value, int | str) and not isinstance(value, bool):
            return value
    return None


def _read(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    content = b"" if file is None else file.read()
    if len(content) != member.size:
        raise EOFError(f"it ends within {member.name}")
    return content


def member_name(header: bytes) -> str:
    """Return the name in the 512 bytes before a member's content, or "" if there is none."""
    try:
        return tarfile.TarInfo.frombuf(header, "utf-8", "replace").name
    except tarfile.TarError:
        return ""
