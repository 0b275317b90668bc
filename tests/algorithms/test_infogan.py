"""InfoGAN: likelihoods of codes in closed form, the bound, and which networks each phase updates."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import nn
from torch.distributions import Normal

from ganbench.algorithms import InfoGAN
from ganbench.algorithms.infogan import code_nll
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.latents import Gaussian, NoiseAndCodes
from ganbench.losses import NonSaturating
from ganbench.networks import CodeNetwork, MLPDiscriminator, MLPGenerator
from ganbench.training.phase import Context
from ganbench.utils.random_stream import RandomStream

LATENT = NoiseAndCodes(noise=3, categorical=(4, 2), continuous=2)


def networks() -> nn.ModuleDict:
    torch.manual_seed(0)
    g = MLPGenerator(latent=LATENT.size, shape=(2,), width=8, depth=1)
    d = MLPDiscriminator(shape=(2,), width=8, depth=1)
    return nn.ModuleDict({"G": g, "D": d, "Q": CodeNetwork(features=8, codes=LATENT.codes, width=6)})


def context() -> Context:
    return Context(step=0, steps=9, update=0, batch_size=8, stream=RandomStream("update"))


def test_latents_are_noise_one_hot_codes_and_continuous_codes() -> None:
    z = LATENT.draw(RandomStream(0), 4000)
    assert z.shape == (4000, LATENT.size) == (4000, 3 + 4 + 2 + 2)
    for code, values in zip(LATENT.codes.split_categorical(z), LATENT.codes.categorical, strict=True):
        assert torch.equal(code.sum(1), torch.ones(4000))
        assert (code.mean(0) - 1 / values).abs().max() < 0.03
    assert z[:, -2:].abs().max() <= 1
    assert NoiseAndCodes(normal=True).draw(RandomStream(0), 4000)[:, -2:].abs().max() > 2
    with pytest.raises(UserError, match="at least one code"):
        NoiseAndCodes(categorical=(), continuous=0)


def test_likelihoods_in_closed_form() -> None:
    z, prediction = LATENT.draw(RandomStream(0), 5), torch.randn(5, LATENT.codes.outputs)
    categorical, continuous = code_nll(LATENT.codes, prediction, z)
    first, second = z[:, 3:7].argmax(1), z[:, 7:9].argmax(1)
    expected = nn.functional.cross_entropy(prediction[:, :4], first, reduction="none")
    expected = expected + nn.functional.cross_entropy(prediction[:, 4:6], second, reduction="none")
    torch.testing.assert_close(categorical, expected)
    density = Normal(prediction[:, 6:8], prediction[:, 8:].exp()).log_prob(z[:, 9:]).sum(1)
    torch.testing.assert_close(continuous, -density)


def test_the_bound_of_a_perfect_prediction_is_the_entropy_of_the_codes() -> None:
    latent = NoiseAndCodes(noise=1, categorical=(4,), continuous=0)
    z = latent.draw(RandomStream(0), 100)
    for scale, bound in ((0.0, 0.0), (50.0, math.log(4))):
        categorical, _ = code_nll(latent.codes, scale * z[:, 1:], z)
        assert latent.entropy[0] - float(categorical.mean()) == pytest.approx(bound, abs=1e-5)


@pytest.mark.parametrize("separate", [False, True])
def test_which_networks_learn_the_codes(separate: bool) -> None:
    nets, batch = networks(), Batch(torch.randn(8, 2))
    algorithm = InfoGAN(latent=LATENT, loss=NonSaturating(), separate_step=separate)
    phases = {phase.name: phase for phase in algorithm.phases()}
    assert phases["D"].updates == (("D",) if separate else ("D", "Q"))
    assert phases["G"].updates == ("G",)
    terms_of = {name: set(phase.loss(nets, batch, context())) for name, phase in phases.items()}
    codes = {"mutual_information", "categorical", "continuous"}
    assert (
        terms_of["D"] - {"adversarial"} == terms_of["G"] - {"adversarial"} == (set() if separate else codes)
    )
    terms: Any = phases["Q" if separate else "G"].loss(nets, None, context())
    assert not terms["mutual_information"].requires_grad
    bound = sum(LATENT.entropy) - (terms["categorical"] + terms["continuous"] / 0.1)
    torch.testing.assert_close(terms["mutual_information"], bound.detach())
    terms["categorical"].mean().backward()
    assert all(p.grad is not None for p in (*nets["G"].parameters(), *nets["D"].layers[:-1].parameters()))


def test_codes_and_features_of_d_are_required() -> None:
    with pytest.raises(UserError, match="set latent to NoiseAndCodes"):
        InfoGAN(latent=Gaussian(3), loss=NonSaturating())
    nets = networks()
    nets["D"] = nn.Linear(2, 1)
    with pytest.raises(UserError, match="a Linear provides no features"):
        InfoGAN(latent=LATENT, loss=NonSaturating()).check_networks(nets)
