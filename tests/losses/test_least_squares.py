from __future__ import annotations

import math

import pytest
import torch

from ganbench.errors import UserError
from ganbench.losses import LeastSquares


def test_known_points() -> None:
    real, fake = torch.tensor([1.0, 0.0, 3.0]), torch.tensor([0.0, 1.0, -2.0])
    assert LeastSquares().discriminator(real, fake).tolist() == [0.0, 1.0, 4.0]
    assert LeastSquares().generator(None, fake).tolist() == [0.5, 0.0, 4.5]


def test_each_letter_is_the_target_of_its_score() -> None:
    loss = LeastSquares(a=-1.0, b=2.0, c=0.5)
    at = torch.tensor
    assert loss.discriminator(at([2.0]), at([-1.0])).item() == 0
    assert loss.discriminator(at([2.0]), at([1.0])).item() == 2
    assert loss.discriminator(at([4.0]), at([-1.0])).item() == 2
    assert loss.generator(None, at([0.5])).item() == 0


def test_refuses_targets_that_tell_nothing() -> None:
    with pytest.raises(UserError, match="a and b must differ"):
        LeastSquares(a=1.0)
    with pytest.raises(UserError, match="c must be a finite number"):
        LeastSquares(c=math.inf)
