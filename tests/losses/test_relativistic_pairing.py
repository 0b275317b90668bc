from __future__ import annotations

import math

import pytest
import torch

from ganbench.losses import RelativisticPairing


def test_equal_scores_give_ln_2_for_both_networks() -> None:
    same = torch.tensor([4.0])
    assert RelativisticPairing().discriminator(same, same).item() == pytest.approx(math.log(2))
    assert RelativisticPairing().generator(same, same).item() == pytest.approx(math.log(2))


def test_known_values_of_pairs() -> None:
    real, fake = torch.tensor([1.0, -2.0]), torch.tensor([0.0, 3.0])
    expected = [math.log1p(math.exp(-1)), math.log1p(math.exp(5))]
    assert RelativisticPairing().discriminator(real, fake).tolist() == pytest.approx(expected)
    expected = [math.log1p(math.exp(1)), math.log1p(math.exp(-5))]
    assert RelativisticPairing().generator(real, fake).tolist() == pytest.approx(expected)
