from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import binary_cross_entropy_with_logits

from ganbench.errors import UserError
from ganbench.losses import NonSaturating

score, target = st.floats(-50, 50), st.floats(0, 1)


@settings(deadline=None, max_examples=100)
@given(real=score, fake=score, real_target=target, fake_target=target, generator_target=target)
def test_equals_the_sum_of_torch_binary_cross_entropies(
    real: float, fake: float, real_target: float, fake_target: float, generator_target: float
) -> None:
    loss = NonSaturating(real_target, fake_target, generator_target)
    r, f = torch.tensor([real], dtype=torch.float64), torch.tensor([fake], dtype=torch.float64)

    def entropy(s: torch.Tensor, t: float) -> torch.Tensor:
        return binary_cross_entropy_with_logits(s, torch.full_like(s, t), reduction="none")

    # torch's softplus is linear above 20, an error of up to e^-20.
    tolerance = {"rtol": 1e-9, "atol": 1e-8}
    expected = entropy(r, real_target) + entropy(f, fake_target)
    torch.testing.assert_close(loss.discriminator(r, f), expected, **tolerance)
    torch.testing.assert_close(loss.generator(None, f), entropy(f, generator_target), **tolerance)


def test_loss_values_at_score_zero() -> None:
    zero = torch.zeros(3)
    torch.testing.assert_close(NonSaturating().discriminator(zero, zero), torch.full((3,), 2 * math.log(2)))
    torch.testing.assert_close(NonSaturating().generator(None, zero), torch.full((3,), math.log(2)))


def test_soft_targets_have_their_optimum_at_the_logit_of_the_target() -> None:
    loss = NonSaturating(real_target=0.9, fake_target=0.1)
    best = math.log(0.9 / 0.1)
    real, fake = torch.tensor([best], requires_grad=True), torch.tensor([-best], requires_grad=True)
    gradients = torch.autograd.grad(loss.discriminator(real, fake).sum(), (real, fake))
    assert [g.item() for g in gradients] == pytest.approx([0, 0], abs=1e-6)


def test_confident_scores_keep_their_small_gradients() -> None:
    real = torch.tensor([19.0], requires_grad=True)
    (gradient,) = torch.autograd.grad(NonSaturating().discriminator(real, real.detach()).sum(), real)
    assert gradient.item() == pytest.approx(-math.exp(-19), rel=1e-3)


def test_huge_scores_give_finite_losses() -> None:
    huge = torch.tensor([1e30, -1e30])
    assert NonSaturating().discriminator(huge, -huge).isfinite().all()


@pytest.mark.parametrize("name", ["real_target", "fake_target", "generator_target"])
@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan])
def test_a_target_outside_0_to_1_is_refused(name: str, value: float) -> None:
    with pytest.raises(UserError, match=f"{name} is a probability"):
        NonSaturating(**{name: value})
