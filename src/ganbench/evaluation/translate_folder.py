"""Translate pictures of one's own with a run, into a folder of PNGs."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from ganbench.data.base import Dataset
from ganbench.data.io.listing import list_pictures
from ganbench.errors import UserError
from ganbench.evaluation.inputs import dataset_like, is_folder
from ganbench.inference.model import Model

_CHUNK = 250


def check_folder(out: Path) -> None:
    """Raise UserError if a new folder cannot be made there; ask before any work is done."""
    if out.exists():
        raise UserError(f"{out} exists; give a new folder for --out")


def translate_pictures(model: Model, images: str, out: Path, *, back: bool = False) -> int:
    """Translate a folder, an archive or a data set, read at the model's size; return how many pictures there are.

    Files keep their names, with the ending .png; two that would be one keep their old ending before it. Pictures
    without names are numbered.

    Raises:
        UserError: there are no such pictures, or the model translates nothing.
    """
    items, _ = dataset_like(images, model.info.shape)
    if items.info.kind != "image":
        raise UserError(f"'{images}' holds points, not pictures")
    names = _names(images, items)
    temporary = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        for index in torch.split(torch.arange(items.info.size), _CHUNK):
            pictures = items.items(index).expand(-1, model.info.shape[0], -1, -1)
            for number, picture in zip(index.tolist(), model.translate(pictures, back=back), strict=True):
                _write(picture, temporary / names[number])
        temporary.rename(out)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return items.info.size


def _names(images: str, items: Dataset) -> list[str]:
    if not is_folder(images):
        return [f"{number:06d}.png" for number in range(items.info.size)]
    files = list_pictures(images.removeprefix("folder:")).files
    new = [str(file.with_suffix(".png")) for file in files]
    twice = {name for name in new if new.count(name) > 1} if len(set(new)) < len(new) else set()
    return [f"{file}.png" if name in twice else name for file, name in zip(files, new, strict=True)]


def _write(picture: Tensor, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = picture.permute(1, 2, 0).numpy()
    Image.fromarray(pixels[:, :, 0] if pixels.shape[-1] == 1 else pixels).save(path)
