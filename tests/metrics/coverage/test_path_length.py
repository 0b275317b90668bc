"""Path length of generators with known paths."""

from __future__ import annotations

import math

import pytest
import torch
from tests.metrics.stand_ins import MemoryDataset

from ganbench.errors import UserError
from ganbench.latents.interpolation import slerp
from ganbench.metrics.coverage.path_length import PathLength
from ganbench.metrics.measure import measure


class IdentityGenerator:
    """A generator that returns its latents."""

    def __init__(self, latents: torch.Tensor) -> None:
        self.all = latents

    def latents(self, n: int, seed: int = 0) -> torch.Tensor:
        return self.all[:n]

    def labels(self, count: int) -> torch.Tensor | None:
        return None

    def decode(self, latents: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        return latents

    def features(self, items: torch.Tensor) -> dict[str, torch.Tensor]:
        return {}


class IdentityFeatures:
    """Features that are equal to the samples."""

    name, dims, weights_sha256, preprocessing = "same", 2, "0" * 64, {}

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        return images


def test_the_length_on_a_circle_is_that_of_the_chord(random_images):
    a, b = torch.tensor([[3.0, 0.0]]), torch.tensor([[0.0, 3.0]])
    metric = PathLength(IdentityFeatures(), step=0.1).with_generator(
        IdentityGenerator(torch.cat([a.repeat(300, 1), b.repeat(300, 1)])), 300, 1
    )
    score = measure((metric,), [], MemoryDataset(random_images(10)))[0]
    chord = 2 * 3 * math.sin(0.1 * math.pi / 4)
    assert score.value == pytest.approx(chord**2 / 0.1**2, rel=1e-4)
    assert (score.name, score.measured["paths"]) == ("ppl[same]", 300)


def test_paths_are_great_circles():
    a, b = (
        torch.tensor([[2.0, 0.0], [1.0, 1.0], [1.0, 0.0]]),
        torch.tensor([[0.0, 4.0], [2.0, 2.0], [-1.0, 0.0]]),
    )
    for t, expected in ((0.0, a), (1.0, b)):
        torch.testing.assert_close(slerp(a, b, torch.full((3, 1), t)), expected)
    half = slerp(a, b, torch.full((3, 1), 0.5))
    torch.testing.assert_close(half[0], torch.tensor([1.0, 1.0]) * 3 / math.sqrt(2))
    torch.testing.assert_close(half[1:], torch.tensor([[1.5, 1.5], [0.0, 0.0]]))


def test_a_generator_and_enough_paths_are_needed(random_images):
    with pytest.raises(UserError, match=r"'ppl\[same\]' needs a generator: score a run"):
        measure((PathLength(IdentityFeatures()),), [], MemoryDataset(random_images(10)))[0]
    with pytest.raises(UserError, match="at least 100 paths, not 99"):
        PathLength(IdentityFeatures(), generator=IdentityGenerator(torch.ones(9, 2)), paths=99).begin(
            MemoryDataset(random_images(10))
        )


def test_the_paths_of_a_conditional_generator_reach_every_class(random_images):
    class Conditional(IdentityGenerator):
        def labels(self, count: int) -> torch.Tensor:
            return torch.arange(count) % 400

        def decode(self, latents: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
            assert labels is not None
            drawn.append(labels)
            return latents * (labels[:, None] >= 250)  # only classes beyond the first 250 vary

    drawn: list[torch.Tensor] = []
    generator = Conditional(torch.randn(1600, 2, generator=torch.Generator().manual_seed(0)))
    metric = PathLength(IdentityFeatures(), cut=0.0).with_generator(generator, 800, 1)
    score = measure((metric,), [], MemoryDataset(random_images(10)))[0]
    counts = torch.bincount(torch.cat(drawn), minlength=400)
    assert counts.tolist() == [4] * 400, "two paths in each class, two points on each"
    plain = PathLength(IdentityFeatures(), cut=0.0).with_generator(IdentityGenerator(generator.all), 800, 1)
    whole = measure((plain,), [], MemoryDataset(random_images(10)))[0]
    assert score.value == pytest.approx(whole.value * 150 / 400, rel=0.15)
    assert score.measured["labels"] == "each class in turn, over all paths"
    assert "labels" not in whole.measured
