"""What each algorithm can do, and the errors for what it cannot."""

from __future__ import annotations

import pytest
import torch
from tests.support.training import tiny_recipe

from ganbench.algorithms import capabilities
from ganbench.data.pairs import pairs
from ganbench.data.shapes import shapes
from ganbench.data.toy import ring8
from ganbench.errors import UserError
from ganbench.inference.critic_scores import critic_scores
from ganbench.inference.model import Model
from ganbench.inference.snapshots import untrained_model

PROTOCOLS = (
    *("Samples", "PreparesLatents", "SplitsLatents", "ChoosesRepresentations", "Encodes", "Reconstructs"),
    *("Translates", "HasFeatures", "ScoresSamples", "InfersCodes"),
)


def model(name: str) -> Model:
    data = {"cyclegan-mnist": pairs("shapes", "shapes", size=20)}.get(name) or (
        ring8(5) if name.endswith("ring8") else shapes(20)
    )
    return untrained_model(tiny_recipe(name), data.info)


@pytest.mark.parametrize(
    ("name", "abilities"),
    [
        ("gan-ring8", {"Samples", "HasFeatures", "ScoresSamples"}),
        ("infogan-shapes", {"Samples", "HasFeatures", "ScoresSamples", "InfersCodes"}),
        ("bigan-mnist", {"Samples", "Encodes", "Reconstructs", "HasFeatures"}),
        ("veegan-ring8", {"Samples", "Encodes", "Reconstructs", "HasFeatures"}),
        ("cyclegan-mnist", {"Samples", "PreparesLatents", "Reconstructs", "Translates"}),
        ("cut-mnist", {"Samples", "PreparesLatents", "Translates"}),
        ("pix2pix-shapes", {"Samples", "PreparesLatents", "Translates"}),
        ("stargan-shapes", {"Samples", "PreparesLatents", "Translates"}),
        ("simsiam-cifar10", {"Encodes", "HasFeatures"}),
        ("simsiam-gan-cifar10", set(PROTOCOLS) - {"Translates", "InfersCodes"}),
        ("repgan-cifar10", set(PROTOCOLS) - {"Translates", "InfersCodes", "ChoosesRepresentations"}),
    ],
)
def test_each_algorithm_has_its_abilities(name: str, abilities: set[str]) -> None:
    algorithm = model(name).algorithm
    assert {p for p in PROTOCOLS if isinstance(algorithm, getattr(capabilities, p))} == abilities


def test_a_missing_ability_is_a_clear_error() -> None:
    gan, simsiam, veegan = model("gan-ring8"), model("simsiam-cifar10"), model("veegan-ring8")
    points, images = torch.zeros(2, 2), torch.zeros(2, 3, 32, 32, dtype=torch.uint8)
    with pytest.raises(UserError, match="Adversarial has no encoder; the recipe bigan-mnist has one"):
        gan.encode(points)
    with pytest.raises(UserError, match="Adversarial reconstructs no items; the recipe bigan-mnist does"):
        gan.reconstruct(points)
    with pytest.raises(UserError, match="Adversarial translates no items; the recipe cyclegan-mnist does"):
        gan.translate(points)
    with pytest.raises(UserError, match="SimSiam generates no samples; it only encodes items"):
        simsiam.decode(torch.zeros(2, 1))
    with pytest.raises(UserError, match="SimSiam reconstructs no items"):
        simsiam.reconstruct(images)
    with pytest.raises(UserError, match="VEEGAN has no network that scores single samples"):
        critic_scores(veegan, points)


def test_an_unknown_domain_is_a_clear_error() -> None:
    cyclegan = model("cyclegan-mnist")
    images = torch.zeros(2, *cyclegan.info.shape, dtype=torch.uint8)
    assert cyclegan.translate(images).shape == cyclegan.translate(images, target="a").shape == images.shape
    with pytest.raises(UserError, match="there is no domain 'c'; known: a, b"):
        cyclegan.translate(images, target="c")
