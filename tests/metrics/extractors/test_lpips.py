"""LPIPS features against torch-fidelity's port with the same random weights, and checks of the files."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import pytest
import torch
from torchvision.models import vgg16

from ganbench.errors import UserError
from ganbench.metrics.extractors import lpips, weights
from ganbench.metrics.extractors.lpips import CHANNELS, LINEAR, VGG16, LPIPSFeatures
from ganbench.metrics.extractors.weights import PublishedWeights
from ganbench.metrics.registry import create_extractor


@pytest.fixture(scope="module")
def network() -> torch.nn.Module:
    """VGG16's convolutions with seeded random weights; the classifier would add 500 MB."""
    with torch.device("meta"):
        whole = vgg16(weights=None)
    features = whole.features.to_empty(device="cpu")
    generator = torch.Generator().manual_seed(0)
    for weight in features.parameters():
        fan_in = weight[0].numel()
        weight.data = torch.randn(weight.shape, generator=generator) * (2 / fan_in) ** 0.5
    return features


@pytest.fixture
def published(network, tmp_path, monkeypatch) -> tuple[PublishedWeights, PublishedWeights]:
    """Both files with random weights, in $GANBENCH_WEIGHTS."""
    monkeypatch.setenv("GANBENCH_WEIGHTS", str(tmp_path))
    generator = torch.Generator().manual_seed(1)
    states = (
        {f"features.{k}": v for k, v in network.state_dict().items()}
        | {"classifier.0.weight": torch.ones(1)},
        {
            f"lin{i}.model.1.weight": torch.rand(1, c, 1, 1, generator=generator)
            for i, c in enumerate(CHANNELS)
        },
    )
    return tuple(_write(tmp_path / w.file, w, s) for w, s in zip((VGG16, LINEAR), states, strict=True))


def _write(path: Path, weights: PublishedWeights, state: dict[str, torch.Tensor]) -> PublishedWeights:
    torch.save(state, path)
    return dataclasses.replace(weights, sha256=hashlib.sha256(path.read_bytes()).hexdigest())


def test_distances_equal_torch_fidelitys(published, network, monkeypatch, random_images):
    oracle = pytest.importorskip("torch_fidelity.sample_similarity_lpips")
    state = torch.load(Path(weights.os.environ["GANBENCH_WEIGHTS"]) / LINEAR.file, weights_only=True)
    monkeypatch.setattr(oracle, "load_state_dict_from_url", lambda *_, **__: state)
    vgg = torch.nn.Module()
    vgg.features = network
    monkeypatch.setattr(oracle, "torchvision_load_pretrained_vgg16", lambda: vgg)
    theirs = oracle.SampleSimilarityLPIPS("lpips", sample_similarity_dtype="uint8")
    a, b = random_images(3, (3, 32, 32)), random_images(3, (3, 32, 32), seed=1)
    b[0] = a[0]
    extractor = LPIPSFeatures(32, weights=published, batch_size=2)
    ours = (extractor(a) - extractor(b)).square().sum(1)
    torch.testing.assert_close(ours, theirs(a, b).flatten(), rtol=1e-4, atol=1e-7)
    assert ours[0] == 0
    assert extractor(a).shape == (3, extractor.dims)
    assert extractor.name == "lpips-vgg16@32"


def test_the_error_names_missing_and_wrong_files(published, tmp_path, monkeypatch):
    with pytest.raises(UserError, match=r"vgg16-397923af.pth is not the published"):
        create_extractor("lpips")
    negative = _write(
        tmp_path / LINEAR.file,
        LINEAR,
        {f"lin{i}.model.1.weight": -torch.ones(1, c, 1, 1) for i, c in enumerate(CHANNELS)},
    )
    with pytest.raises(UserError, match="must not be negative"):
        LPIPSFeatures(weights=(published[0], negative))
    other = _write(tmp_path / LINEAR.file, LINEAR, {"lin0.model.1.weight": torch.ones(1, 3, 1, 1)})
    with pytest.raises(
        UserError, match=r"the weights of 'lpips' do not fit: the file lacks 'lin1.model.1.weight'"
    ):
        LPIPSFeatures(weights=(published[0], other))
    monkeypatch.delenv("GANBENCH_WEIGHTS")
    absent = dataclasses.replace(VGG16, url=f"file://{tmp_path}/nowhere.pth")
    with pytest.raises(
        UserError, match=r"the weights of 'lpips' are not on this machine .* put vgg16-397923af.pth"
    ):
        LPIPSFeatures(weights=(absent, LINEAR))
    with pytest.raises(UserError, match="at least 32 pixels, not 16"):
        LPIPSFeatures(16)
    with pytest.raises(UserError, match="take no argument after a colon"):
        create_extractor("lpips:x")
    assert lpips.VGG16.sha256.startswith("397923af"), "as in the published file name"
