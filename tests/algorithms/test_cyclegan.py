"""CycleGAN: losses in closed form, which networks each phase updates, the image pool, and translation."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from tests.support.context import context
from torch import Tensor, nn

from ganbench.algorithms import CycleGAN
from ganbench.algorithms.image_pool import ImagePool
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.losses import LeastSquares, RelativisticPairing
from ganbench.utils.random_stream import RandomStream

SHAPE = (1, 2, 3)


class Formula(nn.Module):
    def __init__(self, formula: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.formula, self.weight = formula, nn.Parameter(torch.ones(()))

    def forward(self, x: Tensor) -> Tensor:
        return self.weight * self.formula(x)


def networks(average: bool = True) -> nn.ModuleDict:
    score: Callable[[Tensor], Tensor] = (lambda x: x.mean((1, 2, 3))) if average else (lambda x: x[:, 0])
    return nn.ModuleDict(
        {
            "G": Formula(lambda x: x + 0.25),
            "F": Formula(lambda x: x - 0.5),
            "DA": Formula(score),
            "DB": Formula(lambda x: 2 * score(x)),
        }
    )


def batch(rows: int = 4) -> Batch:
    a, b = torch.full((rows, *SHAPE), 0.5), torch.full((rows, *SHAPE), -0.25)
    return Batch(b, source=a)


def cyclegan(**options: float) -> CycleGAN:
    return CycleGAN(loss=LeastSquares(), shape=SHAPE, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("average", [True, False])
def test_the_losses_of_the_generators_in_closed_form(average: bool) -> None:
    terms = cyclegan(cycle_weight=10.0, identity_weight=2.0).generator_losses(
        networks(average), batch(), context()
    )
    expected = {
        "adversarial_b": (2 * 0.75 - 1) ** 2 / 2,
        "adversarial_a": (-0.75 - 1) ** 2 / 2,
        "cycle_a": 10 * 0.25,
        "cycle_b": 10 * 0.25,
        "identity_b": 2 * 0.25,
        "identity_a": 2 * 0.5,
    }
    assert {n: t.tolist() for n, t in terms.items()} == {
        n: pytest.approx([v] * 4) for n, v in expected.items()
    }
    assert "identity_a" not in cyclegan().generator_losses(networks(), batch(), context())


def test_the_losses_of_the_discriminators_in_closed_form() -> None:
    terms = cyclegan().discriminator_losses(networks(), batch(), context())
    assert terms["adversarial_b"].tolist() == pytest.approx([((-0.5 - 1) ** 2 + 1.5**2) / 2] * 4)
    assert terms["adversarial_a"].tolist() == pytest.approx([((0.5 - 1) ** 2 + 0.75**2) / 2] * 4)


def test_which_networks_learn_from_which_phase() -> None:
    nets = networks()
    for phase in cyclegan().phases():
        nets.zero_grad()
        torch.stack([t.mean() for t in phase.loss(nets, batch(), context()).values()]).sum().backward()
        reached = {name for name, network in nets.items() if network.weight.grad is not None}
        assert reached == set(phase.updates) | (
            {"DA", "DB"} if phase.name == "G" else set()
        )  # frozen by the trainer


def test_translation_and_reconstruction() -> None:
    algorithm, nets, x = cyclegan(), networks(), torch.zeros(2, *SHAPE)
    assert algorithm.translate(nets, x, target="b").mean() == 0.25
    assert algorithm.translate(nets, x, target="a").mean() == -0.5
    assert algorithm.reconstruct(nets, x).mean() == -0.25
    assert torch.equal(algorithm.prepare_latents(nets, torch.empty(2, 0), x), x)


def test_a_full_pool_replaces_half_of_the_new_images_by_earlier_ones() -> None:
    pool = ImagePool(3, SHAPE)
    levels = torch.arange(1, 256) / 127.5 - 1  # what bytes can hold

    def images(first: int, rows: int) -> Tensor:
        return levels[first : first + rows, None, None, None].expand(-1, *SHAPE)

    assert torch.equal(pool(images(0, 3), RandomStream(0)), images(0, 3))
    known, before = set(levels[:3].tolist()), pool.pictures[:, 0, 0, 0].tolist()
    replaced, total = 0, 0
    for round_ in range(25):
        new = images(3 + round_ * 10, 10)
        out = pool(new, RandomStream("swap", round_))
        known |= set(new[:, 0, 0, 0].tolist())
        assert all(min(abs(v - s) for s in known) < 1e-6 for v in out[:, 0, 0, 0].tolist())
        replaced, total = replaced + int((out != new).flatten(1).any(1).sum()), total + 10
    assert 0.4 < replaced / total < 0.6
    assert pool.pictures[:, 0, 0, 0].tolist() != before
    other = ImagePool(3, SHAPE)
    other.load_state_dict(pool.state_dict())
    assert torch.equal(other(images(0, 9), RandomStream(7)), pool(images(0, 9), RandomStream(7)))
    new = images(0, 2)
    assert ImagePool(0, SHAPE)(new, RandomStream(0)) is new


def test_invalid_options_are_refused() -> None:
    with pytest.raises(UserError, match="cycle_weight must be"):
        cyclegan(cycle_weight=-1.0)
    with pytest.raises(UserError, match="history must be at least 0"):
        cyclegan(history=-1)
    with pytest.raises(UserError, match="compares real and fake samples"):
        CycleGAN(loss=RelativisticPairing(), shape=SHAPE)
    with pytest.raises(UserError, match="needs two domains"):
        cyclegan().generator_losses(networks(), Batch(torch.zeros(4, *SHAPE)), context())
