"""Images that two sets share."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganbench.config.spec import Spec
from ganbench.data.audit import overlap
from ganbench.data.held_out import held_out_split
from ganbench.data.images import ImageDataset
from ganbench.data.registry import dataset
from ganbench.data.shapes import shapes
from ganbench.data.toy import ring8
from ganbench.errors import UserError


def _folder(path: Path, seeds: dict[str, int]) -> Path:
    path.mkdir()
    for name, seed in seeds.items():
        pixels = np.random.default_rng(seed).integers(0, 256, (6, 5, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path / name)
    return path


def test_folders_are_compared_by_pixels(tmp_path):
    a = _folder(tmp_path / "a", {"1.png": 1, "2.png": 2, "3.png": 2, "4.bmp": 4})
    b = _folder(tmp_path / "b", {"x.bmp": 2, "y.png": 9, "z.png": 4})
    (b / "broken.png").write_bytes(b"no picture")
    result = overlap.compare_paths(a, b)
    assert (result.pictures, result.duplicates, result.in_both) == ((4, 3), (1, 0), (3, 2))
    assert result.shared == ((("2.png", "3.png"), ("x.bmp",)), (("4.bmp",), ("z.png",)))
    assert str(result).splitlines()[-1] == (
        f"in both: 2 of {b} (66.67%) are in {a} (x.bmp = 2.png; z.png = 4.bmp)"
    )
    assert json.loads(json.dumps(result.to_dict()))["in_both"] == [3, 2]


def _leaky(split: str = "train") -> ImageDataset:
    pixels = torch.arange(12, dtype=torch.uint8).view(12, 1, 1, 1).expand(-1, 1, 4, 4)
    return ImageDataset("leaky", pixels[:10] if split == "train" else pixels[9:])


def test_the_splits_of_a_set_are_compared(monkeypatch):
    monkeypatch.setattr(overlap, "find_dataset", lambda name, trusted: (dataset("leaky")(_leaky), {}))
    result = overlap.compare_splits("leaky")
    assert (result.names, result.pictures, result.in_both) == (("train", "test"), (10, 3), (1, 1))
    assert result.shared == ((("train 9",), ("test 0",)),)


def test_sets_without_image_splits_are_refused():
    with pytest.raises(UserError, match="'ring8' holds points, not images"):
        overlap.compare_splits("ring8")
    with pytest.raises(UserError, match="'folder:/x' has no train and test splits; give two folders"):
        overlap.compare_splits("folder:/x")
    with pytest.raises(UserError, match="no folder and no archive /nowhere"):
        overlap.compare_paths(Path("/nowhere"), Path("/nowhere"))


def test_the_held_out_split_keeps_other_arguments():
    other = held_out_split(Spec(shapes, size=30, seed=4))
    assert other == Spec(shapes, size=30, seed=4, split="test")
    assert held_out_split(other) == Spec(shapes, size=30, seed=4, split="train")
    assert other().info.split == "test"
    assert held_out_split(Spec(ring8)) is not None
    assert held_out_split(Spec(_any)) is None


def _any(path: str = "") -> ImageDataset:
    return _leaky()
