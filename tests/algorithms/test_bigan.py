"""BiGAN: both players' losses in closed form, which update moves what, and the way back from samples to latents."""

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


class Judge(nn.Module):
    """Scores ``real`` for the data's pairs, which are zeros, and ``fake`` for all others."""

    def __init__(self, real: float, fake: float) -> None:
        super().__init__()
        self.real, self.fake = real, fake

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        return torch.where(x[:, 0] == 0, self.real, self.fake)


def judged(loss: Loss, real: float, fake: float) -> dict[str, float]:
    made = networks()
    made["D"] = Judge(real, fake)
    algorithm, zeros = BiGAN(latent=LATENT, loss=loss), Batch(torch.zeros(4, 2))
    terms = {"D": algorithm.discriminator_losses(made, zeros, context())["adversarial"]}
    terms |= algorithm.generator_losses(made, zeros, context())
    assert all(value.shape == (4,) for value in terms.values())
    return {name: float(value.mean()) for name, value in terms.items()}


def soft(x: float) -> float:
    return math.log1p(math.exp(x))


@pytest.mark.parametrize(("real", "fake"), [(0.0, 0.0), (2.0, -3.0), (-1.0, 4.0)])
def test_the_saturating_players_pull_on_one_value(real: float, fake: float) -> None:
    value = -soft(-real) - soft(fake)  # log D(x, E(x)) + log(1 - D(G(z), z))
    terms = judged(Minimax(), real, fake)
    assert terms["D"] == pytest.approx(-value, rel=1e-5)
    assert terms["adversarial"] + terms["encoder"] == pytest.approx(value, rel=1e-5)


def test_the_non_saturating_ones_raise_what_is_denied_them() -> None:
    terms = judged(NonSaturating(), 2.0, -3.0)
    assert terms["adversarial"] == pytest.approx(soft(3.0), rel=1e-5)
    assert terms["encoder"] == pytest.approx(soft(2.0), rel=1e-5)


def test_a_loss_that_compares_pairs_is_asked_once() -> None:
    terms = judged(RelativisticPairing(), 2.0, -3.0)
    assert set(terms) == {"D", "adversarial"}
    assert terms["adversarial"] == pytest.approx(soft(5.0), rel=1e-5)


@pytest.mark.parametrize("loss", [Minimax(), NonSaturating(), Hinge(), Wasserstein()])
def test_g_and_e_are_moved_together_and_d_alone(loss: Any) -> None:
    algorithm, made = BiGAN(latent=LATENT, loss=loss, critic_steps=2), networks()
    d, g = algorithm.phases()
    assert (d.updates, d.repeats, g.updates, g.repeats) == (("D",), 2, ("G", "E"), 1)
    assert d.reads_data
    assert g.reads_data
    for phase in (d, g):
        made.zero_grad()
        sum(t.mean() for t in phase.loss(made, batch(), context()).values()).backward()  # type: ignore[union-attr]
        for name in phase.updates:
            assert all(p.grad is not None and p.grad.isfinite().all() for p in made[name].parameters())
    made.zero_grad()
    d.loss(made, batch(), context())["adversarial"].mean().backward()
    assert all(p.grad is None for name in ("G", "E") for p in made[name].parameters())


def test_the_encoder_is_the_way_back() -> None:
    algorithm, made = BiGAN(latent=LATENT, loss=Minimax()), networks()
    x = batch().x
    assert torch.equal(algorithm.encode(made, x), made["E"](x))
    assert torch.equal(algorithm.reconstruct(made, x), made["G"](made["E"](x)))
    assert set(algorithm.features(made, x)) == {"E"}
    assert algorithm.averaged == ("G", "E")


@pytest.mark.parametrize("loss", [LeastSquares(), NonSaturating(real_target=0.9)])
def test_a_loss_without_a_mirror_image_is_refused(loss: Any) -> None:
    with pytest.raises(UserError, match="no mirror images"):
        BiGAN(latent=LATENT, loss=loss)
    BiGAN(latent=LATENT, loss=NonSaturating(real_target=0.9, fake_target=0.1))  # its own mirror image


def test_no_updates_of_d_are_refused() -> None:
    with pytest.raises(UserError, match="critic_steps must be at least 1"):
        BiGAN(latent=LATENT, loss=Minimax(), critic_steps=0)
