"""Pixel features: order, range, and uniform images."""

from __future__ import annotations

import pytest
import torch

from ganbench.errors import UserError
from ganbench.metrics.extractors.pixels import PixelFeatures


def test_images_of_the_same_size_are_unchanged(random_images):
    images = random_images(4, (3, 16, 16))
    extractor = PixelFeatures()
    torch.testing.assert_close(extractor(images), images.flatten(1) / 255)
    assert extractor.name == "pixels@16"
    assert extractor.dims == extractor(images).shape[1] == 768
    assert extractor(images[:0]).shape == (0, 768)


def test_uniform_grey_images_become_three_equal_channels():
    features = PixelFeatures(4)(torch.full((2, 1, 28, 28), 51, dtype=torch.uint8))
    torch.testing.assert_close(features, torch.full((2, 48), 0.2))


def test_values_stay_in_0_to_1(random_images):
    features = PixelFeatures(5)((random_images(9, (3, 8, 8)) // 128) * 255)
    assert float(features.min()) >= 0
    assert float(features.max()) <= 1


def test_wrong_input_is_refused():
    for size in (0, 65):
        with pytest.raises(UserError, match=f"1 to 64 pixels, not {size}; use 16"):
            PixelFeatures(size)
    with pytest.raises(TypeError, match="must be uint8"):
        PixelFeatures()(torch.zeros(1, 3, 8, 8))
