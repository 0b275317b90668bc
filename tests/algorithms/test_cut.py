"""CUT: the contrastive loss in closed form, which networks each phase updates, and translation in one direction."""

from __future__ import annotations

import math

import pytest
import torch
from tests.support.context import context
from torch import Tensor, nn

from ganbench.algorithms import CUT
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.losses import LeastSquares, RelativisticPairing
from ganbench.networks import ContrastiveGenerator, ImageToImageGenerator, PatchDiscriminator, PatchProjector

SHAPE = (2, 1, 2)
A = torch.tensor([[[[1.0, 0.0]], [[0.0, 1.0]]]]).expand(
    4, -1, -1, -1
)  # the vectors of both places are orthogonal


class Turn(nn.Module):
    """Swaps both places of an image, if ``swaps``; its encoder has two maps, images and their halves."""

    def __init__(self, swaps: bool) -> None:
        super().__init__()
        self.swaps, self.weight = swaps, nn.Parameter(torch.ones(()))

    def forward(self, x: Tensor) -> Tensor:
        return self.weight * (x.flip(-1) if self.swaps else x)

    def encode_maps(self, x: Tensor) -> list[Tensor]:
        return [x, self.weight * x / 2]


class Stack(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, *patches: Tensor) -> Tensor:
        return nn.functional.normalize(torch.stack(patches, 1), dim=-1) * self.weight


class Mean(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, x: Tensor) -> Tensor:
        return self.weight * x.mean((1, 2, 3))


def networks(swaps: bool = False) -> nn.ModuleDict:
    return nn.ModuleDict({"G": Turn(swaps), "H": Stack(), "D": Mean()})


def batch() -> Batch:
    return Batch(A.flip(-1), source=A)


def cut(**options: float) -> CUT:
    return CUT(loss=LeastSquares(), **{"temperature": 0.5, **options})  # type: ignore[arg-type]


@pytest.mark.parametrize("swaps", [False, True])
def test_the_losses_of_the_generator_in_closed_form(swaps: bool) -> None:
    losses = cut(weight=3.0, identity_weight=2.0).generator_losses(networks(swaps), batch(), context())
    right, wrong = (
        (0.0, 1.0) if swaps else (1.0, 0.0)
    )  # the cosines with the same place and with the other one
    entropy = math.log(math.exp(right / 0.5) + math.exp(wrong / 0.5)) - right / 0.5
    expected = {"adversarial": (0.5 - 1) ** 2 / 2, "contrast": 3 * entropy, "identity": 2 * entropy}
    assert {n: t.tolist() for n, t in losses.items()} == {
        n: pytest.approx([v] * 4) for n, v in expected.items()
    }
    assert "identity" not in cut(identity_weight=0.0).generator_losses(networks(), batch(), context())


def test_fewer_patches_are_compared_at_random_places() -> None:
    torch.manual_seed(0)
    x, y = torch.rand(4, 2, 6, 6), torch.rand(4, 2, 6, 6)

    def contrast(patches: int, key: int) -> Tensor:
        nets = networks(swaps=True)
        return cut(patches=patches).generator_losses(nets, Batch(y, source=x), context(key))["contrast"]

    assert torch.equal(contrast(4, 0), contrast(4, 0))
    assert not torch.equal(contrast(4, 0), contrast(4, 1))
    torch.testing.assert_close(contrast(36, 0), contrast(99, 1))  # all places
    assert (contrast(4, 0) < contrast(36, 0)).all(), "there are fewer wrong ones"


def test_the_loss_of_the_discriminator_in_closed_form() -> None:
    loss = cut().discriminator_losses(networks(), batch(), context())["adversarial"]
    assert loss.tolist() == pytest.approx([((0.5 - 1) ** 2 + 0.5**2) / 2] * 4)


def test_which_networks_learn_from_which_phase() -> None:
    nets, phases = networks(), cut().phases()
    assert [(phase.name, phase.updates) for phase in phases] == [("D", ("D",)), ("G", ("G", "H"))]
    for phase, reached in zip(
        phases, ({"D"}, {"G", "H", "D"}), strict=True
    ):  # the trainer freezes D in G's phase
        nets.zero_grad()
        torch.stack([t.mean() for t in phase.loss(nets, batch(), context()).values()]).sum().backward()
        assert {name for name, network in nets.items() if network.weight.grad is not None} == reached


class SourceOnly(Turn):
    """Needs its weight for the maps of images without a gradient only."""

    def encode_maps(self, x: Tensor) -> list[Tensor]:
        return [x, x] if x.requires_grad else super().encode_maps(x)


def test_no_gradient_passes_through_the_source() -> None:
    nets, result = nn.ModuleDict({**networks(), "G": SourceOnly(False)}), A.clone().requires_grad_()
    cut()._contrast(nets, A, result, context().stream).sum().backward()
    assert result.grad is not None
    assert nets["G"].weight.grad is None


def test_samples_are_translations() -> None:
    algorithm, nets = cut(), networks(swaps=True)
    assert torch.equal(algorithm.translate(nets, A, target="b"), A.flip(-1))
    assert torch.equal(algorithm.sample(nets, A), A.flip(-1))
    assert algorithm.domains == ("b",)


def test_the_encoder_ends_in_the_middle_block_and_its_maps_are_those_of_the_generator() -> None:
    network, x = ContrastiveGenerator(shape=(3, 8, 8), width=4, blocks=9), torch.rand(2, 3, 8, 8)
    maps = network.encode_maps(x)
    assert [m.shape[1:] for m in maps] == [(3, 8, 8), (8, 4, 4), (16, 2, 2), (16, 2, 2), (16, 2, 2)]
    assert torch.equal(maps[0], x)
    later = network.layers[14:]  # the first of nine blocks is layer 9
    torch.testing.assert_close(later(maps[-1]).tanh(), network(x))
    with pytest.raises(UserError, match="blocks must be at least 1"):
        ContrastiveGenerator(shape=(3, 8, 8), blocks=1)


def test_what_does_not_fit_is_refused() -> None:
    for name in ("weight", "identity_weight"):
        with pytest.raises(UserError, match=f"CUT: {name} must be"):
            cut(**{name: -1.0})
    for options in ({"patches": 1}, {"temperature": 0.0}):
        with pytest.raises(UserError, match="at least 2 patches and a temperature above 0"):
            cut(**options)
    with pytest.raises(UserError, match="CUT's domains have no pairs"):
        CUT(loss=RelativisticPairing())
    with pytest.raises(UserError, match="needs two domains"):
        cut().generator_losses(networks(), Batch(A), context())
    nets = nn.ModuleDict(
        {
            "G": ImageToImageGenerator(shape=(3, 32, 32), width=4),
            "H": PatchProjector(shape=(3, 32, 32), features=16),
            "D": PatchDiscriminator(shape=(3, 32, 32), width=4),
        }
    )
    with pytest.raises(UserError, match=r"networks\.G: ImageToImageGenerator does not show"):
        cut().check_networks(nets)
