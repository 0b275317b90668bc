"""Translate the user's own images with a run, into a folder of PNG files."""

from __future__ import annotations

import itertools
import os
import shutil
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePath

import torch
from PIL import Image
from torch import Tensor

from ganbench.data.base import Dataset
from ganbench.data.io.listing import list_images
from ganbench.errors import UserError
from ganbench.evaluation.inputs import is_folder, open_dataset
from ganbench.inference.model import Model
from ganbench.utils.files import check_writable, name_in_errors, rename

_BATCH_SIZE = 250
_MAX_STEM_BYTES = 240  # leaves room for a number and .png in 255 bytes


def check_folder(out: Path) -> None:
    """Raise UserError if the folder exists; call it before any work."""
    if out.exists():
        raise UserError(f"{out} exists; give a new folder for --out")
    if out.parent.is_dir():
        check_writable(out)


def translate_images(model: Model, images: str, out: Path, *, target: str = "b") -> int:
    """Translate a folder, an archive or a data set, decoded at the model's size; return the number of images.

    Files keep their names with the ending ``.png``; where two would collide, they keep their old ending before it, too,
    or get a number. Items without names are numbered.

    Args:
        model: The model.
        images: The name of a folder, an archive or a data set.
        out: The new folder.
        target: The domain to translate to.

    Raises:
        UserError: there are no such images, or the model does not translate to this domain.
    """
    model.stages.translator(target)
    items, _ = open_dataset(images, model.info.shape)
    if items.info.kind != "image":
        raise UserError(f"'{images}' holds points, not pictures")
    names = _names(images, items)
    temporary = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        for index in torch.split(torch.arange(items.info.size), _BATCH_SIZE):
            batch = items.items(index).expand(-1, model.info.shape[0], -1, -1)
            for number, image in zip(index.tolist(), model.translate(batch, target=target), strict=True):
                with name_in_errors(out / names[number]):
                    _write(image, temporary / names[number])
        rename(temporary, out)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return items.info.size


def _names(images: str, items: Dataset) -> list[str]:
    if not is_folder(images):
        return [f"{number:06d}.png" for number in range(items.info.size)]
    return png_names(list_images(images.removeprefix("folder:")).paths)


def png_names(files: Sequence[PurePath]) -> list[str]:
    """Return a different PNG name for each file, also on file systems that ignore case.

    No name is that of a folder of another file, and none is too long.

    Example:
        >>> png_names([PurePath("x.jpg"), PurePath("x.png"), PurePath("y.gif"), PurePath("x.jpg.png")])
        ['x.jpg-2.png', 'x.png.png', 'y.png', 'x.jpg.png']
    """
    plain = [str(file.with_suffix(".png")) for file in files]
    count = Counter(map(_on_disk, plain))
    folders = {_on_disk(str(parent)) for file in files for parent in file.parents}
    taken = folders | {name for name, n in count.items() if n == 1}
    names = []
    for file, name in zip(files, plain, strict=True):
        if count[_on_disk(name)] > 1 or _on_disk(name) in folders:
            stem = file.with_name(os.fsdecode(os.fsencode(file.name)[:_MAX_STEM_BYTES]))
            numbered = (f"{stem}-{number}.png" for number in itertools.count(2))
            name = next(n for n in itertools.chain([f"{stem}.png"], numbered) if _on_disk(n) not in taken)
            taken.add(_on_disk(name))
        names.append(name)
    return names


def _on_disk(name: str) -> str:
    """Return a name as file systems compare it that ignore case and the form of accents."""
    return unicodedata.normalize("NFC", name).casefold()


def _write(picture: Tensor, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = picture.permute(1, 2, 0).numpy()
    Image.fromarray(pixels[:, :, 0] if pixels.shape[-1] == 1 else pixels).save(path)
