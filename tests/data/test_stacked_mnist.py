"""Stacked images: their channels, labels and modes, and what they depend on."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganbench.data.images import ImageDataset
from ganbench.data.stacked_mnist import StackedImages, stacked_mnist
from ganbench.errors import UserError
from ganbench.utils.random_stream import RandomStream

CLASSES = ("0", "1", "2")


def base(labels: list[int] | None = None, brighter: int = 0) -> ImageDataset:
    """Grey images, each of one brightness, which identifies it."""
    y = torch.tensor([2, 0, 1, 1, 0] if labels is None else labels)
    levels = (10 * torch.arange(len(y)) + brighter).to(torch.uint8)
    return ImageDataset("grey", levels[:, None, None, None].expand(-1, 1, 4, 6).contiguous(), y, CLASSES)


def stacked(size: int = 40, seed: int = 0, own: ImageDataset | None = None) -> StackedImages:
    return StackedImages("stacked", own or base(), size=size, seed=seed, split="train")


def test_channels_are_base_images_and_labels_combine_their_classes() -> None:
    data, own = stacked(), base()
    index = torch.arange(data.info.size)
    images, labels = data.items(index), data.labels(index)
    assert images.shape == (40, 3, 4, 6)
    parts = images[:, :, 0, 0].long() // 10
    assert torch.equal(images, own.pixels[parts, 0])
    classes = torch.tensor([2, 0, 1, 1, 0])[parts]
    assert torch.equal(labels, 9 * classes[:, 0] + 3 * classes[:, 1] + classes[:, 2])
    assert [data.info.classes[k] for k in labels] == ["".join(map(str, c)) for c in classes.tolist()]
    assert len(parts.unique(dim=0)) > 25, "channels are independent"


def test_batches_are_the_items_normalised() -> None:
    data = stacked()
    index = torch.tensor([7, 7, 0])
    batch = data.batch(index, RandomStream("key"))
    assert torch.equal(batch.x, data.info.from_data(data.items(index)))
    assert batch.y is not None
    assert torch.equal(batch.y, data.labels(index))


@given(st.integers(1, 60), st.integers(0, 2**31))
def test_an_image_depends_only_on_the_seed_and_its_number(size: int, seed: int) -> None:
    few, many = stacked(size, seed), stacked(60, seed)
    index = torch.arange(size)
    assert torch.equal(few.items(index), many.items(index))
    assert torch.equal(few.labels(index), many.labels(index))


def test_the_fingerprint_depends_on_everything() -> None:
    fingerprints = {
        stacked().info.fingerprint,
        stacked(size=41).info.fingerprint,
        stacked(seed=1).info.fingerprint,
        stacked(own=base([2, 0, 1, 1, 1])).info.fingerprint,
        stacked(own=base(brighter=1)).info.fingerprint,
        StackedImages("stacked", base(), size=40, seed=0, split="test").info.fingerprint,
    }
    assert len(fingerprints) == 6
    assert stacked().info == stacked().info


def test_mode_probabilities_are_products_of_class_frequencies() -> None:
    probabilities = stacked().mode_probabilities
    assert probabilities.shape == (27,)
    assert float(probabilities.sum()) == pytest.approx(1)
    assert float(probabilities[0 * 9 + 2 * 3 + 1]) == pytest.approx(0.4 * 0.2 * 0.4)
    data = stacked(size=30_000)
    frequencies = data.labels(torch.arange(30_000)).bincount(minlength=27) / 30_000
    assert torch.allclose(
        frequencies.double(), probabilities, atol=5 * float((probabilities.max() / 30_000).sqrt())
    )


def test_invalid_bases_are_refused() -> None:
    with pytest.raises(UserError, match="size must be at least 1, not 0"):
        stacked(size=0)
    pixels = torch.zeros(2, 1, 4, 4, dtype=torch.uint8)
    with pytest.raises(ValueError, match=r"only grey images with classes .* 'plain'"):
        stacked(own=ImageDataset("plain", pixels))
    with pytest.raises(ValueError, match="only grey images with classes"):
        stacked(own=ImageDataset("colour", pixels.expand(-1, 3, -1, -1), torch.tensor([0, 1]), CLASSES))


def test_real_digits(real_data: Path) -> None:
    if not list(real_data.glob("MNIST/raw/*.gz")):
        pytest.skip("MNIST is not in GANBENCH_DATA")
    data, test = stacked_mnist(), stacked_mnist(size=100, split="test")
    assert (data.info.size, data.info.shape, len(data.info.classes)) == (60_000, (3, 28, 28), 1000)
    assert (data.base_name, data.base.info.size, test.base.info.size) == ("mnist", 60_000, 10_000)
    counts = data.labels(torch.arange(60_000)).bincount(minlength=1000)
    assert counts.min() > 0
    assert data.info.classes[357] == "357"
    padded = stacked_mnist(side=32).items(torch.arange(9))
    assert torch.equal(padded[:, :, 2:30, 2:30], data.items(torch.arange(9)))
    assert padded.shape == (9, 3, 32, 32)
    assert not torch.equal(data.items(torch.arange(9)), test.items(torch.arange(9)))
