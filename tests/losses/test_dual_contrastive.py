"""The loss against its formula and against the pairwise loss that it equals for a single pair."""

from __future__ import annotations

import math

import pytest
import torch

from ganbench.losses import DualContrastive, RelativisticPairing


def test_known_values_of_two_pairs() -> None:
    real, fake = torch.tensor([1.0, -2.0]), torch.tensor([0.0, 3.0])

    def log_sum(*differences: float) -> float:
        return math.log1p(sum(math.exp(d) for d in differences))

    expected = [log_sum(-1, 2) + log_sum(-1, 2), log_sum(2, 5) + log_sum(2, 5)]
    assert DualContrastive().discriminator(real, fake).tolist() == pytest.approx(expected)
    expected = [log_sum(1, -2) + log_sum(1, -2), log_sum(-2, -5) + log_sum(-2, -5)]
    assert DualContrastive().generator(real, fake).tolist() == pytest.approx(expected)


def test_the_two_sums_differ_if_fakes_are_not_symmetric() -> None:
    real, fake = torch.tensor([0.0, 0.0]), torch.tensor([0.0, 1.0])
    first = math.log(1 + 1 + math.e)  # a real sample against both fakes
    expected = [first + math.log(3), first + math.log(1 + 2 * math.e)]
    assert DualContrastive().discriminator(real, fake).tolist() == pytest.approx(expected)


def test_one_pair_is_twice_the_relativistic_loss() -> None:
    real, fake = torch.tensor([0.7]), torch.tensor([-1.3])
    for network in ("discriminator", "generator"):
        both = [getattr(loss, network)(real, fake) for loss in (DualContrastive(), RelativisticPairing())]
        assert both[0].item() == pytest.approx(2 * both[1].item())


def test_equal_scores_give_twice_the_logarithm_of_one_more_than_the_batch() -> None:
    same = torch.full((5,), 40.0)
    assert DualContrastive().discriminator(same, same).tolist() == pytest.approx([2 * math.log(6)] * 5)
