from __future__ import annotations

import pytest
import torch

from ganbench.data.images import ImageSet
from ganbench.utils.random_stream import RandomStream


@pytest.fixture
def pixels() -> torch.Tensor:
    return torch.randint(0, 256, (40, 3, 6, 5), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def test_batches_are_the_pixels_normalised(pixels: torch.Tensor) -> None:
    pictures = ImageSet("x", pixels)
    index = torch.tensor([3, 3, 39, 0])
    batch = pictures.batch(index, RandomStream(0))
    assert batch.y is None
    assert torch.equal(batch.x, pictures.info.from_data(pixels[index]))
    assert torch.equal(pictures.info.to_data(batch.x), pictures.items(index))


def test_all_256_values_survive_the_way_there_and_back() -> None:
    every = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    pictures = ImageSet("x", every)
    x = pictures.batch(torch.zeros(1, dtype=torch.int64), RandomStream(0)).x
    assert (x.min().item(), x.max().item()) == (-1.0, 1.0)
    assert torch.equal(pictures.info.to_data(x), every)


def test_flips_mirror_half_of_the_pictures_and_leave_the_set_alone(pixels: torch.Tensor) -> None:
    before = pixels.clone()
    pictures = ImageSet("x", pixels, flip=True)
    index = torch.arange(40)
    flipped = 0
    for key in range(50):
        seen = pictures.info.to_data(pictures.batch(index, RandomStream(key)).x)
        mirrored = (seen == before.flip(-1)).flatten(1).all(1)
        assert (mirrored | (seen == before).flatten(1).all(1)).all()
        flipped += int(mirrored.sum())
    assert 850 < flipped < 1150
    assert torch.equal(pictures.pixels, before)


def test_fingerprint_sees_pixels_shape_labels_and_names(pixels: torch.Tensor) -> None:
    labels = torch.arange(40) % 2
    changed = pixels.clone()
    changed[7, 1, 2, 3] ^= 1
    sets = [
        ImageSet("x", pixels),
        ImageSet("x", changed),
        ImageSet("x", pixels.reshape(40, 3, 5, 6)),
        ImageSet("x", pixels, labels, ("a", "b")),
        ImageSet("x", pixels, 1 - labels, ("a", "b")),
        ImageSet("x", pixels, labels, ("a", "c")),
    ]
    fingerprints = [one.info.fingerprint for one in sets]
    assert len(set(fingerprints)) == len(sets)
    assert all(len(fingerprint) == 16 for fingerprint in fingerprints)
    assert ImageSet("another name", pixels.clone()).info.fingerprint == fingerprints[0]


def test_what_does_not_fit_is_refused(pixels: torch.Tensor) -> None:
    labels = torch.arange(40) % 3
    with pytest.raises(ValueError, match="uint8"):
        ImageSet("x", pixels.float())
    with pytest.raises(ValueError, match="together"):
        ImageSet("x", pixels, labels)
    with pytest.raises(ValueError, match="together"):
        ImageSet("x", pixels, None, ("a",))
    with pytest.raises(ValueError, match="int64"):
        ImageSet("x", pixels, labels[:5], ("a", "b", "c"))
    with pytest.raises(ValueError, match="beyond"):
        ImageSet("x", pixels, labels, ("a", "b"))
