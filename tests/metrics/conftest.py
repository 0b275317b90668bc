"""Fixtures for the tests of metrics: a separate cache, random images and real data sets."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give every test a separate cache folder."""
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def random_images() -> Callable[..., Tensor]:
    """Return a function that makes random uint8 images."""

    def make(count: int, shape: tuple[int, ...] = (3, 8, 8), seed: int = 0) -> Tensor:
        generator = torch.Generator().manual_seed(seed)
        return torch.randint(0, 256, (count, *shape), dtype=torch.uint8, generator=generator)

    return make


@pytest.fixture(scope="session")
def cifar10() -> Callable[[int], Tensor]:
    """Return a function that reads the first CIFAR-10 (JPEG) training images, uint8 ``[N, 3, 32, 32]``."""
    root = os.environ.get("GANBENCH_DATA")
    path = Path(root or "") / "cifar10-jpeg" / "train.npz"
    if not root or not path.exists():
        pytest.skip("needs $GANBENCH_DATA/cifar10-jpeg/train.npz")

    def read(count: int) -> Tensor:
        with np.load(path) as file:
            jpeg, offsets = file["jpeg"], file["offsets"][: count + 1]
            arrays = [np.asarray(Image.open(io.BytesIO(jpeg[a:b].tobytes()))) for a, b in pairwise(offsets)]
        return torch.from_numpy(np.stack(arrays)).permute(0, 3, 1, 2).contiguous()

    return read


@pytest.fixture
def mnist_files() -> Path:
    """Return the folder of the real MNIST files, or skip the test."""
    root = Path(os.environ.get("GANBENCH_DATA") or "/nowhere")
    if not list(root.glob("MNIST/raw/train-images-*")):
        pytest.skip("needs $GANBENCH_DATA/MNIST/raw")
    return root
