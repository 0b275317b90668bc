"""Aligned pairs: outlines of images, and the user's own pairs in two folders or side by side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.data.conftest import encoded, noise

from ganbench.data.aligned_pairs import AlignedPairs, OutlinedImages, aligned_pairs, outlines
from ganbench.data.shapes import shapes
from ganbench.data.toy import ring8
from ganbench.errors import UserError
from ganbench.utils.random_stream import RandomStream

ALL = torch.arange(3)


def write(path: Path, pixels: np.ndarray, kind: str = "PNG") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(pixels, kind))


def test_an_outline_is_the_bright_side_of_each_edge() -> None:
    image = torch.full((1, 2, 5, 6), 10, dtype=torch.uint8)
    image[0, 0, 1:4, 1:5] = 200  # a rectangle of 3x4 in one channel, whose inside is 1x2
    expected = image.clone()
    expected[0, :, 2, 2:4] = 0
    expected[0, :, [0, 4]] = 0
    expected[0, :, :, [0, 5]] = 0
    assert torch.equal(outlines(image), expected)


def test_pairs_are_outlines_and_images_of_the_same_number() -> None:
    data, index = aligned_pairs(size=40), torch.arange(40)
    assert data.aligned
    assert data.info.name == "outlines of shapes to shapes"
    assert torch.equal(data.items(index), shapes(40).items(index))
    assert torch.equal(data.source_items(index), outlines(shapes(40).items(index)))
    batch = data.batch(index, RandomStream("key"))
    assert batch.paired
    assert batch.source is not None
    assert torch.equal(data.info.to_data(batch.source), data.source_items(index))
    assert data.info.fingerprint != aligned_pairs(size=40, reverse=True).info.fingerprint
    assert torch.equal(
        aligned_pairs(size=40, split="test").items(index), shapes(40, split="test").items(index)
    )


def test_a_pair_is_flipped_as_one() -> None:
    data, index = aligned_pairs(size=40, flip=True), torch.arange(40)
    batch = data.batch(index, RandomStream("key"))
    assert batch.source is not None
    x, source = data.info.to_data(batch.x), data.info.to_data(batch.source)
    same = (x == data.items(index)).flatten(1).all(1)
    assert torch.equal(same, (source == data.source_items(index)).flatten(1).all(1))
    assert torch.equal(x[~same], data.items(index).flip(-1)[~same])
    assert 10 < int(same.sum()) < 30


def test_two_folders_are_matched_by_name(tmp_path: Path) -> None:
    # With their endings, x.c.png comes before x.png, and x.bmp before x.c.bmp.
    for i, (a, b) in enumerate((("x.png", "x.bmp"), ("x.c.png", "x.c.bmp"), ("deep/y.png", "deep/y.png"))):
        write(tmp_path / "a" / a, noise(i), a[-3:])
        write(tmp_path / "b" / b, 255 - noise(i), b[-3:])
    data = aligned_pairs(f"folder:{tmp_path}", side=8)
    assert data.info.size == 3
    assert torch.equal(data.items(ALL), 255 - data.source_items(ALL))
    back = aligned_pairs(f"folder:{tmp_path}", side=8, reverse=True)
    assert torch.equal(back.items(ALL), data.source_items(ALL))
    assert torch.equal(back.source_items(ALL), data.items(ALL))


def test_images_side_by_side_are_split_in_halves(tmp_path: Path) -> None:
    for i in range(3):
        write(tmp_path / f"{i}.png", np.concatenate([noise(i), 255 - noise(i)], 1))
    data = aligned_pairs(f"folder:{tmp_path}", side=8)
    assert data.info.shape == (3, 8, 8)
    assert torch.equal(data.source_items(ALL[:1])[0], torch.from_numpy(noise(0)).permute(2, 0, 1))
    assert torch.equal(data.items(ALL), 255 - data.source_items(ALL))


def test_a_folder_may_have_a_subfolder_for_each_split(tmp_path: Path) -> None:
    for number, split in enumerate(("train", "test")):
        for domain in "ab":
            write(tmp_path / split / domain / "x.png", np.full((8, 8, 3), 100 * number, np.uint8))
    for number, split in enumerate(("train", "test")):
        assert (aligned_pairs(f"folder:{tmp_path}", side=8, split=split).items(ALL[:1]) == 100 * number).all()  # type: ignore[arg-type]


def test_what_is_no_pair_is_refused(tmp_path: Path) -> None:
    for domain, name in (("a", "x"), ("b", "x"), ("b", "y")):
        write(tmp_path / domain / f"{name}.png", noise(0))
    with pytest.raises(UserError, match="must have equal names, but 'y' is in one only"):
        aligned_pairs(f"folder:{tmp_path}", side=8)
    write(tmp_path / "a" / "y.png", noise(0))
    write(tmp_path / "a" / "y.bmp", noise(0), "BMP")
    with pytest.raises(UserError, match="must have equal names, but a name occurs twice"):
        aligned_pairs(f"folder:{tmp_path}", side=8)
    with pytest.raises(UserError, match="30 images in a and 40 in b are no pairs"):
        AlignedPairs(shapes(30), shapes(40))
    with pytest.raises(UserError, match="holds points, which have no outlines"):
        OutlinedImages(ring8())
