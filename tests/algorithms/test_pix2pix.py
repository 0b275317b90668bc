"""Pix2pix: losses in closed form, the pairs that D sees, which networks each phase updates, and translation."""

from __future__ import annotations

import pytest
import torch
from tests.support.context import context
from torch import Tensor, nn

from ganbench.algorithms import Pix2Pix
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.losses import LeastSquares, RelativisticPairing

SHAPE = (1, 2, 3)


class AddQuarter(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, x: Tensor) -> Tensor:
        return self.weight * (x + 0.25)


class TwiceAPlusB(nn.Module):
    """Scores of patches: twice the first channel, which is a's, plus the second, which is b's."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, pair: Tensor) -> Tensor:
        a, b = pair.unbind(1)
        return self.weight * (2 * a + b)


def networks() -> nn.ModuleDict:
    return nn.ModuleDict({"G": AddQuarter(), "D": TwiceAPlusB()})


def batch() -> Batch:
    return Batch(torch.full((4, *SHAPE), -0.25), source=torch.full((4, *SHAPE), 0.5), paired=True)


def pix2pix(l1_weight: float = 10.0) -> Pix2Pix:
    return Pix2Pix(loss=LeastSquares(), l1_weight=l1_weight)


def test_the_losses_in_closed_form() -> None:
    generator = pix2pix().generator_losses(networks(), batch(), context())
    assert generator["adversarial"].tolist() == pytest.approx([(2 * 0.5 + 0.75 - 1) ** 2 / 2] * 4)
    assert generator["l1"].tolist() == pytest.approx([10 * (0.75 + 0.25)] * 4)
    discriminator = pix2pix().discriminator_losses(networks(), batch(), context())
    expected = ((2 * 0.5 - 0.25 - 1) ** 2 + (2 * 0.5 + 0.75) ** 2) / 4
    assert discriminator["adversarial"].tolist() == pytest.approx([expected] * 4)


def test_a_loss_may_compare_a_translation_with_its_counterpart() -> None:
    algorithm = Pix2Pix(loss=RelativisticPairing(), l1_weight=0.0)
    losses = algorithm.generator_losses(networks(), batch(), context())
    expected = torch.nn.functional.softplus(
        torch.tensor(-1.0)
    )  # the scores of real - those of fakes: -0.25 - 0.75
    assert losses["adversarial"].tolist() == pytest.approx([float(expected)] * 4)


def test_which_networks_learn_from_which_phase() -> None:
    nets, phases = networks(), pix2pix().phases()
    assert [phase.name for phase in phases] == ["D", "G"]
    for phase, reached in zip(phases, ({"D"}, {"D", "G"}), strict=True):  # the trainer freezes D in G's phase
        nets.zero_grad()
        torch.stack([t.mean() for t in phase.loss(nets, batch(), context()).values()]).sum().backward()
        assert {name for name, network in nets.items() if network.weight.grad is not None} == reached


def test_d_sees_the_channels_of_two_images() -> None:
    assert pix2pix().shape_of("D", (3, 8, 8)) == (6, 8, 8)
    assert pix2pix().shape_of("G", (3, 8, 8)) == (3, 8, 8)


def test_samples_are_translations() -> None:
    algorithm, nets, x = pix2pix(), networks(), torch.zeros(2, *SHAPE)
    assert algorithm.translate(nets, x, target="b").mean() == 0.25
    assert torch.equal(algorithm.sample(nets, x), algorithm.translate(nets, x, target="b"))
    assert torch.equal(algorithm.prepare_latents(nets, torch.empty(2, 0), x), x)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(UserError, match="l1_weight must be"):
        pix2pix(l1_weight=-1.0)
    unpaired = Batch(torch.zeros(4, *SHAPE), source=torch.zeros(4, *SHAPE))
    for method in (pix2pix().generator_losses, pix2pix().discriminator_losses):
        with pytest.raises(UserError, match="needs pairs of images: set data=aligned-pairs"):
            method(networks(), unpaired, context())
