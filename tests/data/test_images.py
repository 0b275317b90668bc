from __future__ import annotations

import pytest
import torch

from ganbench.data.images import ImageDataset
from ganbench.utils.random_stream import RandomStream


@pytest.fixture
def pixels() -> torch.Tensor:
    return torch.randint(0, 256, (40, 3, 6, 5), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def test_batches_are_the_pixels_normalised(pixels: torch.Tensor) -> None:
    images = ImageDataset("x", pixels)
    index = torch.tensor([3, 3, 39, 0])
    batch = images.batch(index, RandomStream(0))
    assert batch.y is None
    assert torch.equal(batch.x, images.info.from_data(pixels[index]))
    assert torch.equal(images.info.to_data(batch.x), images.items(index))


def test_all_256_values_survive_a_round_trip() -> None:
    values = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    images = ImageDataset("x", values)
    x = images.batch(torch.zeros(1, dtype=torch.int64), RandomStream(0)).x
    assert (x.min().item(), x.max().item()) == (-1.0, 1.0)
    assert torch.equal(images.info.to_data(x), values)


def test_half_of_the_images_are_flipped_and_the_set_is_unchanged(pixels: torch.Tensor) -> None:
    before = pixels.clone()
    images = ImageDataset("x", pixels, flip=True)
    index = torch.arange(40)
    flipped = 0
    for key in range(50):
        batch = images.info.to_data(images.batch(index, RandomStream(key)).x)
        mirrored = (batch == before.flip(-1)).flatten(1).all(1)
        assert (mirrored | (batch == before).flatten(1).all(1)).all()
        flipped += int(mirrored.sum())
    assert 850 < flipped < 1150
    assert torch.equal(images.pixels, before)


def test_the_fingerprint_depends_on_pixels_shape_labels_and_classes(pixels: torch.Tensor) -> None:
    labels = torch.arange(40) % 2
    changed = pixels.clone()
    changed[7, 1, 2, 3] ^= 1
    sets = [
        ImageDataset("x", pixels),
        ImageDataset("x", changed),
        ImageDataset("x", pixels.reshape(40, 3, 5, 6)),
        ImageDataset("x", pixels, labels, ("a", "b")),
        ImageDataset("x", pixels, 1 - labels, ("a", "b")),
        ImageDataset("x", pixels, labels, ("a", "c")),
    ]
    fingerprints = [one.info.fingerprint for one in sets]
    assert len(set(fingerprints)) == len(sets)
    assert all(len(fingerprint) == 16 for fingerprint in fingerprints)
    assert ImageDataset("another name", pixels.clone()).info.fingerprint == fingerprints[0]


def test_inconsistent_arguments_are_refused(pixels: torch.Tensor) -> None:
    labels = torch.arange(40) % 3
    with pytest.raises(ValueError, match="uint8"):
        ImageDataset("x", pixels.float())
    with pytest.raises(ValueError, match="together"):
        ImageDataset("x", pixels, labels)
    with pytest.raises(ValueError, match="together"):
        ImageDataset("x", pixels, None, ("a",))
    with pytest.raises(ValueError, match="int64"):
        ImageDataset("x", pixels, labels[:5], ("a", "b", "c"))
    with pytest.raises(ValueError, match="beyond"):
        ImageDataset("x", pixels, labels, ("a", "b"))
