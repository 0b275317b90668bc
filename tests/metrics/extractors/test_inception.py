"""Inception features against torch-fidelity's, with seeded random weights; downloads and score names."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from tests.metrics.extractors.random_weights import randomise, save_weights
from tests.metrics.extractors.server import serve

from ganbench.errors import UserError
from ganbench.metrics.extractors.base import ClassifierExtractor, score_name
from ganbench.metrics.extractors.inception import (
    CLEAN_RESIZER,
    PUBLISHED,
    STUDIOGAN_RESIZER,
    InceptionFeatures,
)

theirs = pytest.importorskip("torch_fidelity.feature_extractor_inceptionv3")


def _state() -> dict[str, torch.Tensor]:
    with torch.device("meta"), pytest.MonkeyPatch.context() as patch:
        patch.setattr(theirs, "load_state_dict_from_url", lambda *_, **__: {})
        patch.setattr(theirs.FeatureExtractorInceptionV3, "load_state_dict", lambda *_: None)
        network = theirs.FeatureExtractorInceptionV3("inception", ["2048"])
    return randomise(network.state_dict())


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """A file of random weights and its description."""
    path = tmp_path_factory.mktemp("weights") / "inception.pth"
    return path, save_weights(_state(), path, "inception")


@pytest.fixture(scope="module")
def extractor(file) -> InceptionFeatures:
    return InceptionFeatures(file[0], weights=file[1])


@pytest.fixture(scope="module")
def original(file):
    return theirs.FeatureExtractorInceptionV3(
        "inception", ["2048", "logits_unbiased"], feature_extractor_weights_path=str(file[0])
    )


def _assert_close(actual: torch.Tensor, expected: torch.Tensor) -> None:
    assert actual.shape == expected.shape
    assert expected.std() > 1e-2, "the features are not constant"
    assert float((actual - expected).abs().max() / expected.abs().max()) < 1e-4


def test_features_and_logits_equal_torch_fidelitys(extractor, original, cifar10):
    images = cifar10(6)
    features, logits = original(images)
    assert (features[0] - features[1]).abs().max() > 1e-2, "different images have different features"
    _assert_close(extractor(images), features)
    _assert_close(extractor.logits(images), logits)
    _assert_close(extractor.logits_from_features(features), logits)


@pytest.mark.parametrize("size", [(28, 28), (40, 64), (299, 299), (330, 310)])
def test_features_equal_torch_fidelitys_at_any_size(extractor, original, random_images, size):
    images = random_images(2, (3, *size))
    _assert_close(extractor(images), original(images)[0])


def test_grey_images_equal_their_rgb_copies(extractor, original, random_images):
    images = random_images(2, (1, 28, 28))
    _assert_close(extractor(images), original(images.expand(-1, 3, -1, -1))[0])


def test_the_batch_size_affects_only_rounding(extractor, file, random_images):
    images = random_images(3)
    _assert_close(InceptionFeatures(file[0], weights=file[1], batch_size=2)(images), extractor(images))
    assert extractor(images[:0]).shape == (0, 2048)
    with pytest.raises(UserError, match="batch size must be at least 1, not 0"):
        InceptionFeatures(file[0], weights=file[1], batch_size=0)


def test_a_resizer_replaces_only_the_preprocessing(file, original, random_images):
    """With TensorFlow's resizing as the resizer, the features are torch-fidelity's."""
    from torch_fidelity.interpolate_compat_tensorflow import interpolate_bilinear_2d_like_tensorflow1x

    def as_tensorflow(images):
        resized = interpolate_bilinear_2d_like_tensorflow1x(
            images.float(), size=(299, 299), align_corners=False
        )
        return (resized - 128) / 128

    images = random_images(2, (3, 32, 32))
    resized = InceptionFeatures(file[0], weights=file[1], resizer=as_tensorflow)
    _assert_close(resized(images), original(images)[0])


@pytest.mark.parametrize(
    ("resizer", "pillow"),
    [(CLEAN_RESIZER, Image.Resampling.BICUBIC), (STUDIOGAN_RESIZER, Image.Resampling.BILINEAR)],
    ids=["clean", "studiogan"],
)
@pytest.mark.parametrize("size", [32, 400])
def test_resizers_match_pillow_and_rename_the_scores(file, random_images, resizer, pillow, size):
    images = random_images(2, (3, size, size))
    planes = [
        Image.fromarray(plane.float().numpy(), mode="F").resize((299, 299), pillow) for plane in images[0]
    ]
    expected = torch.from_numpy(np.stack([np.asarray(plane) for plane in planes]))
    assert float((resizer(images)[0] - resizer.normalise(expected)).abs().max()) < 1e-3
    extractor = InceptionFeatures(file[0], weights=file[1], resizer=resizer)
    extractor.weights = PUBLISHED
    assert score_name("fd", extractor) == f"fd[inception-{resizer.filter}@299]"
    assert resizer.filter in extractor.preprocessing["resize"]


def test_scores_are_called_fid_only_with_the_published_weights(extractor):
    assert isinstance(extractor, ClassifierExtractor)
    assert score_name("fd", extractor) == "fd[inception]"
    extractor.weights, original_weights = PUBLISHED, extractor.weights
    try:
        assert [score_name(name, extractor) for name in ("fd", "kd", "is")] == ["FID", "KID", "IS"]
        assert score_name("pr", extractor) == "pr[inception]"
    finally:
        extractor.weights = original_weights


def test_the_published_file_is_torch_fidelitys(extractor, file):
    assert PUBLISHED.url == theirs.URL_INCEPTION_V3
    assert PUBLISHED.url.endswith(f"/{PUBLISHED.file}")
    assert PUBLISHED.file.endswith(f"-{PUBLISHED.sha256[:8]}.pth")
    assert extractor.weights_sha256 == file[1].sha256
    assert extractor.preprocessing["size"] == 299


def test_other_weights_are_refused_before_they_are_loaded(file):
    with pytest.raises(UserError, match=f"is not the published {PUBLISHED.file}: its SHA-256 is"):
        InceptionFeatures(file[0])


def test_only_a_complete_and_correct_download_is_cached(file, cache, monkeypatch, random_images):
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.delenv("GANBENCH_WEIGHTS", raising=False)
    path, published = file
    payload, cached = path.read_bytes(), cache / "weights" / published.file
    with serve(payload) as server:
        weights = replace(published, url=server.url(published.file))
        server.cut = 2**20
        with pytest.raises(UserError, match="broke off"):
            InceptionFeatures(weights=weights)
        server.cut, server.payload = None, b"another file"
        with pytest.raises(UserError, match="is not the published file: its SHA-256 is"):
            InceptionFeatures(weights=weights)
        assert not cached.exists()
        server.payload = payload
        images = random_images(2)
        expected = InceptionFeatures(path, weights=published)(images)
        assert torch.equal(InceptionFeatures(weights=weights)(images), expected)
        requests = server.requests
        InceptionFeatures(weights=weights)
        assert server.requests == requests == 3
    cached.unlink()
    with pytest.raises(UserError, match=f"cannot be downloaded .*; put {published.file}, from http"):
        InceptionFeatures(weights=weights)  # the server is gone


def test_weights_of_another_network_are_refused(tmp_path):
    weights = save_weights({"fc.weight": torch.zeros(2, 2)}, tmp_path / "other.pth", "inception")
    with pytest.raises(UserError, match=r"'inception' do not fit; use https://github\.com/toshas"):
        InceptionFeatures(tmp_path / "other.pth", weights=weights)


def test_construction_draws_no_random_numbers(file):
    before = torch.get_rng_state()
    InceptionFeatures(file[0], weights=file[1])
    assert torch.equal(torch.get_rng_state(), before)


def test_wrong_images_are_refused(extractor):
    with pytest.raises(TypeError, match=r"uint8, not torch\.float32"):
        extractor(torch.zeros(2, 3, 32, 32))
    with pytest.raises(ValueError, match="1 or 3, H, W"):
        extractor(torch.zeros(2, 4, 32, 32, dtype=torch.uint8))


def test_a_missing_package_says_what_to_install(file, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch_fidelity.feature_extractor_inceptionv3", None)
    with pytest.raises(UserError, match=r"pip install 'ganbench\[metrics\]'"):
        InceptionFeatures(file[0], weights=file[1])
