"""Translate the user's own images with a run, into a folder of PNG files."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from ganbench.data.base import Dataset
from ganbench.data.io.listing import list_images
from ganbench.errors import UserError
from ganbench.evaluation.inputs import is_folder, open_dataset
from ganbench.inference.model import Model

_BATCH_SIZE = 250


def check_folder(out: Path) -> None:
    """Raise UserError if the folder exists; call it before any work."""
    if out.exists():
        raise UserError(f"{out} exists; give a new folder for --out")


def translate_images(model: Model, images: str, out: Path, *, target: str = "b") -> int:
    """Translate a folder, an archive or a data set, decoded at the model's size; return the number of images.

    Files keep their names with the ending ``.png``; where two would collide, both keep their old ending before it.
    Items without names are numbered.

    Args:
        model: The model.
        images: The name of a folder, an archive or a data set.
        out: The new folder.
        target: The domain to translate to.

    Raises:
        UserError: there are no such images, or the model does not translate to this domain.
    """
    items, _ = open_dataset(images, model.info.shape)
    if items.info.kind != "image":
        raise UserError(f"'{images}' holds points, not pictures")
    names = _names(images, items)
    temporary = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        for index in torch.split(torch.arange(items.info.size), _BATCH_SIZE):
            batch = items.items(index).expand(-1, model.info.shape[0], -1, -1)
            for number, image in zip(index.tolist(), model.translate(batch, target=target), strict=True):
                _write(image, temporary / names[number])
        temporary.rename(out)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return items.info.size


def _names(images: str, items: Dataset) -> list[str]:
    if not is_folder(images):
        return [f"{number:06d}.png" for number in range(items.info.size)]
    files = list_images(images.removeprefix("folder:")).paths
    new = [str(file.with_suffix(".png")) for file in files]
    twice = {name for name in new if new.count(name) > 1} if len(set(new)) < len(new) else set()
    return [f"{file}.png" if name in twice else name for file, name in zip(files, new, strict=True)]


def _write(picture: Tensor, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = picture.permute(1, 2, 0).numpy()
    Image.fromarray(pixels[:, :, 0] if pixels.shape[-1] == 1 else pixels).save(path)
