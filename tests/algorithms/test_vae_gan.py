"""VAE-GAN: losses in closed form, which networks each phase updates, and encoding."""

from __future__ import annotations

import pytest
import torch
from tests.support.context import context
from torch import Tensor, nn

from ganbench.algorithms import VAEGAN
from ganbench.conditioning.discriminator_output import DiscriminatorOutput
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.latents import Gaussian, Uniform
from ganbench.losses import Hinge, NonSaturating, RelativisticPairing
from ganbench.networks import JointMLPDiscriminator, MLPDiscriminator, MLPEncoder, MLPGenerator

LATENT = Gaussian(2)
ITEMS = torch.tensor([[3.0, 4.0], [0.0, 1.0]])


class Posterior(nn.Module):
    """Returns the same mean (1, 2) and log variance for every item."""

    def __init__(self, log_variance: float) -> None:
        super().__init__()
        self.row = torch.tensor([1.0, 2.0, log_variance, log_variance])

    def forward(self, x: Tensor) -> Tensor:
        return self.row.expand(len(x), -1)


class Identity(nn.Module):
    """Returns its input: a generator of points, and a discriminator whose features are the points."""

    def forward(self, x: Tensor) -> Tensor:
        return x

    def discriminate(self, x: Tensor) -> DiscriminatorOutput:
        return DiscriminatorOutput(x.sum(1), x)


def networks(log_variance: float = -40.0) -> nn.ModuleDict:
    return nn.ModuleDict({"G": Identity(), "D": Identity(), "E": Posterior(log_variance)})


def real_networks() -> nn.ModuleDict:
    torch.manual_seed(0)
    g = MLPGenerator(latent=2, shape=(2,), width=8, depth=1)
    d = MLPDiscriminator(shape=(2,), width=8, depth=1)
    return nn.ModuleDict({"G": g, "D": d, "E": MLPEncoder(latent=4, shape=(2,), width=8, depth=1)})


def test_the_divergence_from_the_prior() -> None:
    terms = VAEGAN(latent=LATENT, loss=Hinge()).encoder_losses(networks(0.0), Batch(ITEMS), context(rows=2))
    assert terms["prior"].tolist() == [2.5, 2.5]  # (1 + 4) / 2 where the variance is 1
    wide = VAEGAN(latent=LATENT, loss=Hinge()).encoder_losses(networks(1.0), Batch(ITEMS), context(rows=2))
    assert wide["prior"].tolist() == pytest.approx([2.5 + torch.e - 2] * 2, rel=1e-5)


def test_the_feature_term_without_noise() -> None:
    algorithm = VAEGAN(latent=LATENT, loss=Hinge(), feature_weight=0.5)
    error = [((3 - 1) ** 2 + (4 - 2) ** 2) / 2, (1 + 1) / 2]
    encoder = algorithm.encoder_losses(networks(), Batch(ITEMS), context(rows=2))
    assert encoder["features"].tolist() == pytest.approx(error, rel=1e-4)
    generator = algorithm.generator_losses(networks(), Batch(ITEMS), context(rows=2))
    assert generator["features"].tolist() == pytest.approx([e / 2 for e in error], rel=1e-4)


def test_d_scores_reconstructions_and_samples_alike() -> None:
    algorithm, stream = VAEGAN(latent=LATENT, loss=Hinge()), context(rows=2).stream
    stream.normal(2, 2)  # the noise of the posterior
    samples = LATENT.draw(stream, 2).sum(1)
    reconstructions = torch.tensor([3.0, 3.0])
    real = torch.relu(1 - ITEMS.sum(1))
    expected = real + (torch.relu(1 + samples) + torch.relu(1 + reconstructions)) / 2
    loss = algorithm.discriminator_losses(networks(), Batch(ITEMS), context(rows=2))["adversarial"]
    assert torch.allclose(loss, expected, atol=1e-4)
    g_loss = algorithm.generator_losses(networks(), Batch(ITEMS), context(rows=2))["adversarial"]
    assert torch.allclose(g_loss, -(samples + reconstructions) / 2, atol=1e-4)


def test_each_phase_reaches_its_own_networks() -> None:
    algorithm = VAEGAN(latent=LATENT, loss=NonSaturating())
    assert [p.updates for p in algorithm.phases()] == [("E",), ("G",), ("D",)]
    for phase in algorithm.phases():
        nets = real_networks()
        sum(t.mean() for t in phase.loss(nets, Batch(ITEMS), context(rows=2)).values()).backward()  # type: ignore[union-attr]
        reached = {name for name in nets if any(p.grad is not None for p in nets[name].parameters())}
        assert set(phase.updates) <= reached
        assert "E" not in reached or phase.name == "E"
        if phase.name == "D":
            assert reached == {"D"}


def test_an_item_is_encoded_as_its_mean() -> None:
    algorithm = VAEGAN(latent=LATENT, loss=NonSaturating())
    assert algorithm.encode(networks(), ITEMS).tolist() == [[1.0, 2.0]] * 2
    assert algorithm.features(networks(), ITEMS)["E"].shape == (2, 2)
    assert algorithm.reconstruct(networks(), ITEMS).tolist() == [[1.0, 2.0]] * 2


def test_parts_that_do_not_fit_are_refused() -> None:
    with pytest.raises(UserError, match="needs the latent Gaussian, not Uniform"):
        VAEGAN(latent=Uniform(2), loss=Hinge())  # type: ignore[arg-type]
    with pytest.raises(UserError, match="RelativisticPairing compares real and fake scores"):
        VAEGAN(latent=LATENT, loss=RelativisticPairing())
    with pytest.raises(UserError, match="feature_weight"):
        VAEGAN(latent=LATENT, loss=Hinge(), feature_weight=-1.0)
    nets = real_networks()
    nets["D"] = JointMLPDiscriminator(latent=2, shape=(2,), width=8)
    with pytest.raises(UserError, match=r"networks.D: a JointMLPDiscriminator returns no features"):
        VAEGAN(latent=LATENT, loss=Hinge()).check_networks(nets)
