from __future__ import annotations

import pytest
import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.layers import Dropout


class Ramp:
    """A random source that returns 0, 1/n, 2/n, ... in order."""

    def uniform_like(self, x: Tensor) -> Tensor:
        return torch.arange(x.numel()).reshape(x.shape) / x.numel()


def test_drops_numbers_below_p_and_scales_up_the_rest() -> None:
    layer, x = Dropout(0.3), torch.ones(2, 5)
    layer.draw_from(Ramp())
    expected = [0.0] * 3 + [1 / 0.7] * 7
    assert layer(x).flatten().tolist() == pytest.approx(expected)


def test_is_the_identity_in_evaluation_and_for_p_0() -> None:
    x = torch.randn(3, 4)
    assert Dropout(0.9).eval()(x) is x
    assert Dropout(0.0)(x) is x


def test_without_a_trainer_it_draws_from_torchs_generator() -> None:
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


def test_preserves_the_dtype_and_passes_the_gradient_of_kept_elements() -> None:
    x = torch.ones(4, 5, dtype=torch.bfloat16, requires_grad=True)
    out = Dropout(0.5)(x)
    assert out.dtype == torch.bfloat16
    out.sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, out.detach())


@pytest.mark.parametrize("p", [-0.1, 1.0, float("nan")])
def test_refuses_p_outside_0_to_1(p: float) -> None:
    with pytest.raises(UserError, match=r"dropout is a probability in \[0, 1\)"):
        Dropout(p)
