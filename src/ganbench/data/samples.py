"""Images of an array file written by ``ganbench sample --out FILE.npz``."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import torch

from ganbench.data.images import ImageDataset
from ganbench.data.io.npz import DamagedFile, read_npz
from ganbench.data.registry import dataset
from ganbench.errors import UserError
from ganbench.utils.regular_file import open_regular


@dataset("samples")
def samples(path: str, flip: bool = False) -> ImageDataset:
    """Images of one .npz file: its array `samples`, uint8 [N, C, H, W], as `ganbench sample` writes it."""
    try:
        pixels = read_npz(Path(path)).get("samples")
    except DamagedFile as error:
        raise UserError(f"{path} cannot be read: {error}") from error
    if pixels is None or pixels.dtype != np.uint8 or pixels.ndim != 4 or pixels.shape[1] not in (1, 3):
        raise UserError(f"{path} holds no images: it needs an array 'samples', uint8 [N, 1 or 3, H, W]")
    return ImageDataset(f"samples:{Path(path).name}", torch.from_numpy(pixels), split="all", flip=flip)


def is_samples_file(path: Path) -> bool:
    """Return whether the file holds an array of samples, and is not an archive of encoded images."""
    try:
        with open_regular(path) as file, zipfile.ZipFile(file) as archive:
            return "samples.npy" in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False
