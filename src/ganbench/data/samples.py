"""Pictures in the array file that ``ganbench sample --out FILE.npz`` writes."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import torch

from ganbench.data.images import ImageSet
from ganbench.data.io.npz import DamagedFile, read_npz
from ganbench.data.registry import dataset
from ganbench.errors import UserError


@dataset("samples")
def samples(path: str, flip: bool = False) -> ImageSet:
    """Pictures of one array file: its array `samples`, uint8 [N, C, H, W] (`ganbench sample` writes it)."""
    try:
        found = read_npz(Path(path)).get("samples")
    except DamagedFile as error:
        raise UserError(f"{path} cannot be read: {error}") from error
    if found is None or found.dtype != np.uint8 or found.ndim != 4 or found.shape[1] not in (1, 3):
        raise UserError(f"{path} holds no pictures: it needs an array 'samples', uint8 [N, 1 or 3, H, W]")
    return ImageSet(f"samples:{Path(path).name}", torch.from_numpy(found), split="all", flip=flip)


def holds_samples(path: Path) -> bool:
    """Say whether it is such a file rather than an archive of encoded pictures."""
    try:
        with zipfile.ZipFile(path) as file:
            return "samples.npy" in file.namelist()
    except (OSError, zipfile.BadZipFile):
        return False
