"""Each data test has its own cache folder, and no data folder unless it uses `real_data`."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

REAL = os.environ.get("GANBENCH_DATA")
Save = Callable[..., Path]


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("GANBENCH_CACHE", str(folder))
    monkeypatch.delenv("GANBENCH_DATA", raising=False)
    return folder


@pytest.fixture
def real_data(monkeypatch: pytest.MonkeyPatch) -> Path:
    if REAL is None:
        pytest.skip("GANBENCH_DATA is not set")
    monkeypatch.setenv("GANBENCH_DATA", REAL)
    return Path(REAL)


def noise(seed: int, height: int = 8, width: int = 8, channels: int = 3) -> np.ndarray:
    """Random pixels, uint8 [H, W] or [H, W, C]."""
    shape = (height, width) if channels == 1 else (height, width, channels)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def encoded(pixels: np.ndarray, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


@pytest.fixture
def two_classes(tmp_path: Path) -> Path:
    """A folder with 3 images in each of the subfolders "ant" and "bee"."""
    root = tmp_path / "own"
    for k, name in enumerate(("bee", "ant")):
        (root / name).mkdir(parents=True)
        for i in range(3):
            (root / name / f"{i}.png").write_bytes(encoded(noise(10 * k + i, 12, 10)))
    return root


def forbid(monkeypatch: pytest.MonkeyPatch, *folders: Path) -> None:
    """Let folders be unreadable, as for a user without the right to (root reads everything)."""
    scandir = os.scandir

    def refuse(path: str | Path = ".") -> object:
        if Path(path) in folders:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
