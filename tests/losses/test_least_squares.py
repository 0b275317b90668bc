from __future__ import annotations

import math

import pytest
import torch

from ganbench.errors import UserError
from ganbench.losses import LeastSquares


def test_known_values() -> None:
    real, fake = torch.tensor([1.0, 0.0, 3.0]), torch.tensor([0.0, 1.0, -2.0])
    assert LeastSquares().discriminator(real, fake).tolist() == [0.0, 1.0, 4.0]
    assert LeastSquares().generator(None, fake).tolist() == [0.5, 0.0, 4.5]


def test_a_b_and_c_are_the_targets_of_their_scores() -> None:
    loss = LeastSquares(a=-1.0, b=2.0, c=0.5)
    assert loss.discriminator(torch.tensor([2.0]), torch.tensor([-1.0])).item() == 0
    assert loss.discriminator(torch.tensor([2.0]), torch.tensor([1.0])).item() == 2
    assert loss.discriminator(torch.tensor([4.0]), torch.tensor([-1.0])).item() == 2
    assert loss.generator(None, torch.tensor([0.5])).item() == 0


def test_equal_or_infinite_targets_are_refused() -> None:
    with pytest.raises(UserError, match="a and b must differ"):
        LeastSquares(a=1.0)
    with pytest.raises(UserError, match="c must be a finite number"):
        LeastSquares(c=math.inf)
