"""Diversity is the mean distance of random pairs, in whatever order the samples come."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
import torch
from tests.metrics.stand_ins import MemoryDataset, Projection, digits
from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.coverage.diversity import Diversity
from ganbench.metrics.extractors.base import FeatureExtractor
from ganbench.metrics.measure import measure
from ganbench.metrics.score import JSON, Score


class Grey:
    """One feature: the mean grey level."""

    name, dims, weights_sha256 = "grey", 1, "0" * 64
    preprocessing: Mapping[str, JSON] = {}

    def __call__(self, images: Tensor) -> Tensor:
        return images.float().flatten(1).mean(1, keepdim=True)


def diversity(samples: Tensor, extractor: FeatureExtractor | None = None, batch: int = 250) -> Score:
    """The score of samples that come in batches, against other images of the same shape."""
    reference = MemoryDataset(torch.randint(0, 256, (300, *samples.shape[1:]), dtype=torch.uint8))
    return measure([Diversity(extractor or Grey())], samples.split(batch), reference)[0]


def flat(levels: Tensor) -> Tensor:
    """Images of 2x2 pixels of these grey levels."""
    return levels.to(torch.uint8)[:, None, None, None].expand(-1, 1, 2, 2).contiguous()


def test_classes_in_turn_score_as_in_any_order() -> None:
    in_turn = digits(2000).items(
        torch.arange(2000)
    )  # grey level 25 k in class k, and classes 0, 1, ..., 9, 0, 1, ...
    of_all_pairs = 2 * 25**2 * float(torch.arange(10.0).var(correction=0)) * 2000 / 1999
    orders = [torch.arange(2000), torch.arange(2000) % 10 * 200 + torch.arange(2000) // 10]
    orders += [torch.randperm(2000, generator=torch.Generator().manual_seed(seed)) for seed in range(5)]
    for order in orders:
        score = diversity(in_turn[order])
        low, high = score.details["interval_95"]
        assert abs(score.value - of_all_pairs) <= high - low
        assert score.value > 10 * 25**2, "pairs of neighbours in turn differ by one level"


@pytest.mark.parametrize("period", [1, 2, 3, 4, 5, 8, 25, 50, 100, 125, 250])
def test_two_grey_levels_at_any_period_count_as_different_in_half_of_the_pairs(period: int) -> None:
    levels = 10 * (torch.arange(2000) // period % 2)
    score = diversity(flat(levels))
    assert score.value == pytest.approx(100 * 0.5, abs=4 * 100 * 0.5 / 1000**0.5)


@pytest.mark.parametrize("batch", [1, 7, 50, 51, 200, 2000])
def test_the_size_of_the_batches_changes_nothing(batch: int) -> None:
    levels = torch.randint(0, 256, (201,), generator=torch.Generator().manual_seed(1))
    score = diversity(flat(levels), batch=batch)
    assert score.value == diversity(flat(levels), batch=250).value
    assert (score.measured["samples"], score.measured["pairs"]) == (201, 100)


def test_every_sample_is_in_one_pair() -> None:
    seen: list[Tensor] = []

    class Recording(Grey):
        def __call__(self, images: Tensor) -> Tensor:
            seen.append(images[:, 0, 0, 0])
            return super().__call__(images)

    diversity(flat(torch.arange(200)), Recording())
    of_samples = torch.cat(seen)[:200]
    assert of_samples.sort().values.tolist() == list(range(200))
    assert of_samples.tolist() != list(range(200))


def test_equal_samples_score_0_and_real_ones_as_the_reference(random_images: Callable[..., Tensor]) -> None:
    samples, features = random_images(200), Projection()
    score = measure([Diversity(features)], samples.split(120), MemoryDataset(random_images(300, seed=1)))[0]
    assert score.details["real"] == pytest.approx(score.value, rel=0.3)
    same = measure(
        [Diversity(features)], [samples[:1].repeat(200, 1, 1, 1)], MemoryDataset(random_images(300, seed=1))
    )[0]
    assert same.value <= 1e-6 * score.value  # rows of one matrix product may differ in the last bit


def test_scores_by_pairs_of_neighbours_do_not_compare() -> None:
    score = diversity(flat(torch.arange(200)))
    old = Score.from_dict(score.to_dict())
    object.__setattr__(old, "measured", {k: v for k, v in score.measured.items() if k != "pairing"})
    assert score.differences(old) == ("pairing",)


def test_a_reference_of_one_image_forms_no_pair(random_images: Callable[..., Tensor]) -> None:
    with pytest.raises(UserError, match="needs a reference of at least 2 items, and 'held' has 1"):
        measure([Diversity(Grey())], [], MemoryDataset(random_images(1)))
