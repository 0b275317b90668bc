"""DINOv2 features with small random networks: preprocessing, determinism, and wrong files."""

from __future__ import annotations

import pytest
import torch
from tests.metrics.extractors.random_weights import randomise, save_weights

from ganbench.errors import UserError
from ganbench.metrics.extractors.base import score_name
from ganbench.metrics.extractors.dinov2 import (
    PUBLISHED,
    DINOv2Features,
    VisionTransformer,
    build_network,
    dinov2_features,
)


def _state(width: int = 128, depth: int = 2) -> dict[str, torch.Tensor]:
    return randomise(VisionTransformer(width, depth).state_dict())


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "small.pth"
    return path, save_weights(_state(), path, "dinov2:small")


@pytest.fixture
def extractor(file) -> DINOv2Features:
    return DINOv2Features("small", 56, path=file[0], weights=file[1])


def test_the_file_determines_depth_and_width(extractor, file):
    assert extractor.dims == 128
    assert extractor.name == "dinov2-small@56"
    assert extractor.weights_sha256 == file[1].sha256
    assert extractor.preprocessing["size"] == 56
    assert score_name("fd", extractor) == "fd[dinov2-small@56]"
    assert len(build_network(_state(64, 3), file[1]).blocks) == 3


def test_the_smallest_published_size_has_384_features(tmp_path):
    weights = save_weights(_state(384, 12), tmp_path / "s.pth")
    extractor = DINOv2Features(path=tmp_path / "s.pth", weights=weights)
    assert extractor.name == "dinov2-vits14@224"
    features = extractor(torch.arange(3 * 64, dtype=torch.uint8).view(1, 3, 8, 8))
    assert features.shape == (1, 384)
    assert features.isfinite().all()


def test_images_are_normalised_as_published(extractor, file, random_images):
    images = random_images(2, (3, 56, 56))  # not resized
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    normalised = ((images.permute(0, 2, 3, 1) / 255 - mean) / std).permute(0, 3, 1, 2)
    torch.testing.assert_close(
        extractor(images), build_network(_state(), file[1])(normalised), rtol=1e-4, atol=1e-4
    )


def test_images_are_antialiased(extractor):
    """Bars that are shrunk by their period become almost uniform grey."""
    lines = torch.zeros(1, 3, 448, 448, dtype=torch.uint8)
    lines[..., (torch.arange(448) + 2) % 8 > 3] = 254  # the middle four of every eight pixels
    grey = torch.full_like(lines, 127)
    other = torch.full_like(lines, 100)
    near = (extractor(lines) - extractor(grey)).norm()
    assert near < 0.1 * (extractor(other) - extractor(grey)).norm()


def test_features_are_deterministic(extractor, random_images):
    images = random_images(5, (3, 32, 32))
    features = extractor(images)
    assert torch.equal(extractor(images), features)
    assert features.dtype == torch.float32
    assert not features.requires_grad
    assert (features[0] - features[1]).abs().max() > 1e-3, "different images have different features"
    assert extractor(images[:0]).shape == (0, 128)


def test_the_batch_size_affects_only_rounding(extractor, file, random_images):
    images = random_images(5, (3, 32, 32))
    features = DINOv2Features("small", 56, path=file[0], weights=file[1], batch_size=2)(images)
    torch.testing.assert_close(features, extractor(images), rtol=1e-4, atol=1e-4)


def test_grey_images_equal_their_rgb_copies(extractor, random_images):
    grey = random_images(2, (1, 28, 28))
    torch.testing.assert_close(extractor(grey), extractor(grey.expand(-1, 3, -1, -1)), rtol=1e-4, atol=1e-4)


def test_the_error_names_tensors_that_do_not_fit(file):
    weights = file[1]
    state = _state()
    with pytest.raises(UserError, match=r"'dinov2:small' do not fit: the file lacks 'norm.bias'; use http"):
        build_network({key: value for key, value in state.items() if key != "norm.bias"}, weights)
    with pytest.raises(UserError, match="has the unknown 'register_tokens'"):
        build_network({**state, "register_tokens": torch.zeros(1, 4, 128)}, weights)
    with pytest.raises(UserError, match=r"'pos_embed' has shape \[1, 257, 128\], not \[1, 1370, 128\]"):
        build_network({**state, "pos_embed": torch.zeros(1, 257, 128)}, weights)
    for other in ({}, {"cls_token": torch.zeros(())}, {"blocks.x": torch.zeros(1), "fc": torch.zeros(2)}):
        with pytest.raises(UserError, match="do not fit: the file lacks"):
            build_network(other, weights)


def test_wrong_settings_are_refused():
    with pytest.raises(UserError, match=r"no DINOv2 of size 'vitb16'; did you mean 'vitb14'\?"):
        dinov2_features("vitb16")
    with pytest.raises(UserError, match="a multiple of 14 pixels, not 225; use 224"):
        dinov2_features("vits14", 225)
    with pytest.raises(UserError, match="batch size must be at least 1, not 0"):
        DINOv2Features(batch_size=0)


def test_a_path_must_be_a_published_file(file, tmp_path):
    with pytest.raises(
        UserError, match=r"small.pth \(SHA-256 .*\) is not a published DINOv2 file; known: http"
    ):
        dinov2_features(str(file[0]))
    with pytest.raises(UserError, match=r"cannot read the weights at .*gone.pth: No such file"):
        dinov2_features(str(tmp_path / "gone.pth"))


def test_the_published_files_have_consistent_names():
    assert len({weights.sha256 for weights in PUBLISHED.values()}) == len(PUBLISHED) == 3
    for size, weights in PUBLISHED.items():
        assert weights.url.endswith(f"/dinov2_{size}/{weights.file}")
        assert len(weights.sha256) == 64
