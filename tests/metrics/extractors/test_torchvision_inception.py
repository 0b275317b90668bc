"""Torchvision's Inception through our path against its own forward pass, with seeded random weights."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional
from torchvision.models.inception import Inception3

from ganbench.errors import UserError
from ganbench.metrics.extractors.base import Classifying, score_name
from ganbench.metrics.extractors.torchvision_inception import PUBLISHED, TorchvisionInception
from ganbench.metrics.extractors.weights import PublishedWeights

from .random_weights import randomised, saved


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """A file of random weights as it is published, with an auxiliary head and only some digits of its hash."""
    with torch.device("meta"):
        state = Inception3(aux_logits=True, init_weights=False).state_dict()
    path = tmp_path_factory.mktemp("weights") / "inception_v3.pth"
    weights = saved(randomised(state), path, "torchvision-inception")
    return (
        path,
        PublishedWeights(weights.features, weights.file, weights.url, weights.sha256[:8]),
        weights.sha256,
    )


@pytest.fixture(scope="module")
def original(file):
    network = Inception3(aux_logits=True, transform_input=False, init_weights=False)
    network.load_state_dict(torch.load(file[0], weights_only=True))
    return network.eval()


@torch.no_grad()
def test_logits_and_pooled_numbers_equal_torchvisions(file, original, pictures):
    images = pictures(3, (1, 28, 28))
    floats = images.expand(-1, 3, -1, -1).float() / 127.5 - 1
    enlarged = functional.interpolate(floats, size=(299, 299), mode="bilinear", align_corners=False)
    pooled = []
    hook = original.fc.register_forward_pre_hook(lambda _, given: pooled.append(given[0]))
    logits = original(enlarged)
    hook.remove()
    by_logits, by_pool = (TorchvisionInception(what, file[0], weights=file[1]) for what in ("logits", "pool"))
    scale = float(logits.abs().max())
    assert float((logits[0] - logits[1]).abs().max()) > 1e-2 * scale, "they tell pictures apart"
    for found in (by_logits(images), by_logits.logits(images), by_pool.logits(images)):
        assert float((found - logits).abs().max()) < 1e-4 * scale
    features = by_pool(images)
    assert float((features - pooled[0]).abs().max() / pooled[0].abs().max()) < 1e-4
    assert float((by_pool.logits_from_features(features) - logits).abs().max()) < 1e-4 * scale
    assert (by_logits.dims, by_pool.dims) == (by_logits(images).shape[1], features.shape[1]) == (1000, 2048)


def test_its_scores_are_never_called_fid_and_its_record_has_the_whole_hash(file):
    extractor = TorchvisionInception("logits", file[0], weights=file[1])
    assert isinstance(extractor, Classifying)
    assert [score_name(name, extractor) for name in ("fd", "is")] == [
        "fd[torchvision-inception-logits@299]",
        "is[torchvision-inception-logits@299]",
    ]
    assert extractor.weights_sha256 == file[2]


def test_another_file_is_refused(file, tmp_path):
    with pytest.raises(UserError, match=f"is not the published {PUBLISHED.file}: its SHA-256 is"):
        TorchvisionInception("pool", file[0])
    weights = saved({"fc.weight": torch.zeros(2, 2)}, tmp_path / "other.pth", "torchvision-inception")
    with pytest.raises(UserError, match=r"'torchvision-inception' do not fit: the file lacks"):
        TorchvisionInception("pool", tmp_path / "other.pth", weights=weights)


def test_the_published_file_is_torchvisions():
    from torchvision.models.inception import Inception_V3_Weights

    assert Inception_V3_Weights.IMAGENET1K_V1.url == PUBLISHED.url
    assert PUBLISHED.file.endswith(f"-{PUBLISHED.sha256}.pth")
