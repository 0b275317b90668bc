"""Pictures that two sets share."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganbench.config.spec import Spec
from ganbench.data.audit import across
from ganbench.data.held_out import held_out_of
from ganbench.data.images import ImageSet
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


def test_two_folders_share_pixels_whatever_the_files_are(tmp_path):
    a = _folder(tmp_path / "a", {"1.png": 1, "2.png": 2, "3.png": 2, "4.bmp": 4})
    b = _folder(tmp_path / "b", {"x.bmp": 2, "y.png": 9, "z.png": 4})
    (b / "broken.png").write_bytes(b"no picture")
    found = across.paths(a, b)
    assert (found.pictures, found.spare, found.in_both) == ((4, 3), (1, 0), (3, 2))
    assert found.shared == ((("2.png", "3.png"), ("x.bmp",)), (("4.bmp",), ("z.png",)))
    assert str(found).splitlines()[-1] == (
        f"in both: 2 of {b} (66.67%) are in {a} (x.bmp = 2.png; z.png = 4.bmp)"
    )
    assert json.loads(json.dumps(found.to_dict()))["in_both"] == [3, 2]


def _leaky(split: str = "train") -> ImageSet:
    pixels = torch.arange(12, dtype=torch.uint8).view(12, 1, 1, 1).expand(-1, 1, 4, 4)
    return ImageSet("leaky", pixels[:10] if split == "train" else pixels[9:])


def test_the_two_splits_of_a_set(monkeypatch):
    monkeypatch.setattr(across, "dataset_named", lambda name: (dataset("leaky")(_leaky), {}))
    found = across.splits_of("leaky")
    assert (found.names, found.pictures, found.in_both) == (("train", "test"), (10, 3), (1, 1))
    assert found.shared == ((("train 9",), ("test 0",)),)


def test_what_has_no_two_splits_of_pictures_is_refused():
    with pytest.raises(UserError, match="'ring8' holds points, not pictures"):
        across.splits_of("ring8")
    with pytest.raises(UserError, match="'folder:/x' has no train and test splits; give two folders"):
        across.splits_of("folder:/x")
    with pytest.raises(UserError, match="no folder and no archive /nowhere"):
        across.paths(Path("/nowhere"), Path("/nowhere"))


def test_the_other_split_keeps_all_else():
    other = held_out_of(Spec(shapes, size=30, seed=4))
    assert other == Spec(shapes, size=30, seed=4, split="test")
    assert held_out_of(other) == Spec(shapes, size=30, seed=4, split="train")
    assert other().info.split == "test"
    assert held_out_of(Spec(ring8)) is not None
    assert held_out_of(Spec(_any)) is None


def _any(path: str = "") -> ImageSet:
    return _leaky()
