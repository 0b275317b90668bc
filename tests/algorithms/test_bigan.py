"""BiGAN: losses in closed form, which networks each phase updates, and encoding."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from tests.support.context import context
from torch import Tensor, nn

from ganbench.algorithms import BiGAN
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.latents import Gaussian
from ganbench.losses import Hinge, LeastSquares, Minimax, NonSaturating, RelativisticPairing, Wasserstein
from ganbench.losses.base import Loss
from ganbench.networks import JointMLPDiscriminator, MLPEncoder, MLPGenerator

LATENT = Gaussian(3)


def networks() -> nn.ModuleDict:
    torch.manual_seed(0)
    g = MLPGenerator(latent=3, shape=(2,), width=8, depth=1)
    d = JointMLPDiscriminator(latent=3, shape=(2,), width=8, depth=1)
    return nn.ModuleDict({"G": g, "D": d, "E": MLPEncoder(latent=3, shape=(2,), width=8, depth=1)})


def batch() -> Batch:
    return Batch(torch.randn(4, 2, generator=torch.Generator().manual_seed(1)))


class ConstantScores(nn.Module):
    """Scores the data's pairs, which are zeros, as ``real`` and all others as ``fake``."""

    def __init__(self, real: float, fake: float) -> None:
        super().__init__()
        self.real, self.fake = real, fake

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        return torch.where(x[:, 0] == 0, self.real, self.fake)


def mean_losses(loss: Loss, real: float, fake: float) -> dict[str, float]:
    nets = networks()
    nets["D"] = ConstantScores(real, fake)
    algorithm, zeros = BiGAN(latent=LATENT, loss=loss), Batch(torch.zeros(4, 2))
    terms = {"D": algorithm.discriminator_losses(nets, zeros, context())["adversarial"]}
    terms |= algorithm.generator_losses(nets, zeros, context())
    assert all(value.shape == (4,) for value in terms.values())
    return {name: float(value.mean()) for name, value in terms.items()}


def softplus(x: float) -> float:
    return math.log1p(math.exp(x))


@pytest.mark.parametrize(("real", "fake"), [(0.0, 0.0), (2.0, -3.0), (-1.0, 4.0)])
def test_with_minimax_g_and_e_minimize_what_d_maximizes(real: float, fake: float) -> None:
    value = -softplus(-real) - softplus(fake)  # log D(x, E(x)) + log(1 - D(G(z), z))
    terms = mean_losses(Minimax(), real, fake)
    assert terms["D"] == pytest.approx(-value, rel=1e-5)
    assert terms["adversarial"] + terms["encoder"] == pytest.approx(value, rel=1e-5)


def test_non_saturating_losses() -> None:
    terms = mean_losses(NonSaturating(), 2.0, -3.0)
    assert terms["adversarial"] == pytest.approx(softplus(3.0), rel=1e-5)
    assert terms["encoder"] == pytest.approx(softplus(2.0), rel=1e-5)


def test_a_loss_that_compares_pairs_is_used_once() -> None:
    terms = mean_losses(RelativisticPairing(), 2.0, -3.0)
    assert set(terms) == {"D", "adversarial"}
    assert terms["adversarial"] == pytest.approx(softplus(5.0), rel=1e-5)


@pytest.mark.parametrize("loss", [Minimax(), NonSaturating(), Hinge(), Wasserstein()])
def test_g_and_e_are_updated_together_and_d_alone(loss: Any) -> None:
    algorithm, nets = BiGAN(latent=LATENT, loss=loss, critic_steps=2), networks()
    d, g = algorithm.phases()
    assert (d.updates, d.repeats, g.updates, g.repeats) == (("D",), 2, ("G", "E"), 1)
    assert d.reads_data
    assert g.reads_data
    for phase in (d, g):
        nets.zero_grad()
        sum(t.mean() for t in phase.loss(nets, batch(), context()).values()).backward()  # type: ignore[union-attr]
        for name in phase.updates:
            assert all(p.grad is not None and p.grad.isfinite().all() for p in nets[name].parameters())
    nets.zero_grad()
    d.loss(nets, batch(), context())["adversarial"].mean().backward()
    assert all(p.grad is None for name in ("G", "E") for p in nets[name].parameters())


def test_encoding_and_reconstruction() -> None:
    algorithm, nets = BiGAN(latent=LATENT, loss=Minimax()), networks()
    x = batch().x
    assert torch.equal(algorithm.encode(nets, x), nets["E"](x))
    assert torch.equal(algorithm.reconstruct(nets, x), nets["G"](nets["E"](x)))
    assert set(algorithm.features(nets, x)) == {"E"}
    assert algorithm.averaged == ("G", "E")


@pytest.mark.parametrize("loss", [LeastSquares(), NonSaturating(real_target=0.9)])
def test_an_asymmetric_loss_is_refused(loss: Any) -> None:
    with pytest.raises(UserError, match="is not symmetric"):
        BiGAN(latent=LATENT, loss=loss)
    BiGAN(latent=LATENT, loss=NonSaturating(real_target=0.9, fake_target=0.1))  # symmetric


def test_at_least_one_update_of_d() -> None:
    with pytest.raises(UserError, match="critic_steps must be at least 1"):
        BiGAN(latent=LATENT, loss=Minimax(), critic_steps=0)
