"""Images of an array file written by ``ganbench sample --out FILE.npz``."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import torch

from ganbench.data.images import ImageDataset
from ganbench.data.io.npz import Arrays, DamagedFile, read_npz
from ganbench.data.registry import dataset
from ganbench.errors import UserError
from ganbench.utils.regular_file import open_regular


@dataset("samples")
def samples(path: str, flip: bool = False) -> ImageDataset:
    """Images of one .npz file: its array `samples`, uint8 [N, C, H, W], and labels, as `ganbench sample` writes it."""
    try:
        arrays = read_npz(Path(path))
    except DamagedFile as error:
        raise UserError(f"{path} cannot be read: {error}") from error
    pixels = arrays.get("samples")
    if pixels is None or pixels.dtype != np.uint8 or pixels.ndim != 4 or pixels.shape[1] not in (1, 3):
        raise UserError(f"{path} holds no images: it needs an array 'samples', uint8 [N, 1 or 3, H, W]")
    labels, classes = _labels(arrays, len(pixels), path)
    name = f"samples:{Path(path).name}"
    return ImageDataset(name, torch.from_numpy(pixels), labels, classes, split="all", flip=flip)


def _labels(arrays: Arrays, count: int, path: str) -> tuple[torch.Tensor | None, tuple[str, ...]]:
    """Return the labels, int64 ``[N]``, and class names of a file of samples; (None, ()) if it has none."""
    labels, classes = arrays.get("labels"), arrays.get("classes")
    if labels is None or classes is None:
        return None, ()
    fits = (
        labels.dtype == np.int64
        and labels.shape == (count,)
        and classes.ndim == 1
        and classes.dtype.kind == "U"
    )
    if not fits or ((labels < 0) | (labels >= len(classes))).any():
        raise UserError(f"{path} is damaged: its 'labels' do not fit its 'samples' and 'classes'")
    return torch.from_numpy(labels), tuple(map(str, classes))


def is_samples_file(path: Path) -> bool:
    """Return whether the file holds an array of samples, and is not an archive of encoded images."""
    try:
        with open_regular(path) as file, zipfile.ZipFile(file) as archive:
            return "samples.npy" in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False
