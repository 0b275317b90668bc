from __future__ import annotations

import pytest
import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.layers import Dropout


class Ramp:
    """Chances 0, 1/n, 2/n, ... in the order of the numbers."""

    def uniform_like(self, x: Tensor) -> Tensor:
        return torch.arange(x.numel()).reshape(x.shape) / x.numel()


def test_silences_chances_below_the_share_and_scales_up_the_rest() -> None:
    layer, x = Dropout(0.3), torch.ones(2, 5)
    layer.draw_from(Ramp())
    kept = [0.0] * 3 + [1 / 0.7] * 7
    assert layer(x).flatten().tolist() == pytest.approx(kept)


def test_in_evaluation_or_with_a_share_of_0_it_is_the_identity() -> None:
    x = torch.randn(3, 4)
    assert Dropout(0.9).eval()(x) is x
    assert Dropout(0.0)(x) is x


def test_without_a_trainer_the_chances_are_torchs() -> None:
    layer, x = Dropout(0.4), torch.ones(100, 100)
    torch.manual_seed(0)
    one, other = layer(x), layer(x)
    torch.manual_seed(0)
    assert torch.equal(layer(x), one)
    assert not torch.equal(one, other)
    assert float((one == 0).float().mean()) == pytest.approx(0.4, abs=0.02)
    assert float(one.mean()) == pytest.approx(1.0, abs=0.03)
    layer.draw_from(Ramp())
    assert torch.equal(layer(x), layer(x))
    layer.draw_from(None)
    assert not torch.equal(layer(x), layer(x))


def test_keeps_the_type_of_its_input_and_the_gradient_of_what_is_kept() -> None:
    x = torch.ones(4, 5, dtype=torch.bfloat16, requires_grad=True)
    out = Dropout(0.5)(x)
    assert out.dtype == torch.bfloat16
    out.sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, out.detach())


@pytest.mark.parametrize("share", [-0.1, 1.0, float("nan")])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(UserError, match="from 0 to below 1"):
        Dropout(share)
