"""Write any number of samples to disk, batch by batch, so that only one batch is in memory."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ganbench.data.io.npz import Arrays, write_npz_in_parts
from ganbench.errors import UserError
from ganbench.inference.model import Model
from ganbench.utils.files import name_in_errors, rename
from ganbench.utils.progress import DurationEstimator

_BATCH = 256
_MAX_CLASS_NAME = 60  # letters of a class in the name of its folder, which are at most 240 bytes


def write_npz_file(model: Model, out: Path, latents: Tensor, labels: Tensor | None) -> None:
    """Write the samples of latents to a new ``.npz`` file, with labels and class names if there are labels.

    Args:
        model: the model.
        out: the file.
        latents: ``[N, size]``.
        labels: class numbers, int64 ``[N]``, or None.

    Raises:
        OSError: the file cannot be written; none is left.
    """
    arrays: Arrays = {} if labels is None else {"labels": labels.numpy(), "classes": np.array(model.classes)}
    batches = (samples.numpy() for samples in _batches(model, latents, labels))
    write_npz_in_parts(out, "samples", batches, len(latents), arrays)


def write_image_folder(model: Model, out: Path, latents: Tensor, labels: Tensor | None) -> None:
    """Write the samples of latents to a new folder as one PNG each, in one subfolder per class if there are labels.

    The arguments are those of :func:`write_npz_file`.

    Raises:
        UserError: the samples are points.
        OSError: a file cannot be written; no folder is left.
    """
    if model.info.kind != "image":
        raise UserError("these samples are points, not images: write them to FILE.npz or FILE.png")
    classes = torch.zeros(len(latents), dtype=torch.int64) if labels is None else labels
    names = [""] if labels is None else [class_folder_name(i, c) for i, c in enumerate(model.classes)]
    digits = max(6, len(str(len(latents) - 1)))
    temporary = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        for class_ in sorted(set(classes.tolist())):
            (temporary / names[class_]).mkdir(parents=True)
        images = (image for batch in _batches(model, latents, labels) for image in batch)
        for i, (image, class_) in enumerate(zip(images, classes.tolist(), strict=True)):
            path = temporary / names[class_] / f"{i:0{digits}d}.png"
            with name_in_errors(path):
                _as_picture(image).save(path)
        rename(temporary, out)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def class_folder_name(number: int, name: str) -> str:
    """Return the folder name of a class, which sorts by the class number: ``003-cat``."""
    return f"{number:03d}-" + "".join(c if c.isalnum() or c in "-_" else "_" for c in name[:_MAX_CLASS_NAME])


def _batches(model: Model, latents: Tensor, labels: Tensor | None) -> Iterator[Tensor]:
    progress = DurationEstimator(f"{len(latents):,} samples")
    for start in range(0, len(latents), _BATCH):
        rows = slice(start, start + _BATCH)
        yield model.decode(latents[rows], None if labels is None else labels[rows])
        progress(min(start + _BATCH, len(latents)), len(latents))


def _as_picture(image: Tensor) -> Image.Image:
    """Return an image, uint8 ``[C, H, W]``, as a picture."""
    pixels = image.permute(1, 2, 0).numpy()
    return Image.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels)
