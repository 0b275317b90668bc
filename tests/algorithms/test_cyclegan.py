"""CycleGAN: its terms in closed form, what each phase moves, earlier fakes, and both ways of translation."""

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
    return Batch(b, given=a)


def cyclegan(**chosen: float) -> CycleGAN:
    return CycleGAN(loss=LeastSquares(), shape=SHAPE, **chosen)  # type: ignore[arg-type]


@pytest.mark.parametrize("average", [True, False])
def test_the_generators_terms_in_closed_form(average: bool) -> None:
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


def test_the_discriminators_terms_in_closed_form() -> None:
    terms = cyclegan().discriminator_losses(networks(), batch(), context())
    assert terms["adversarial_b"].tolist() == pytest.approx([((-0.5 - 1) ** 2 + 1.5**2) / 2] * 4)
    assert terms["adversarial_a"].tolist() == pytest.approx([((0.5 - 1) ** 2 + 0.75**2) / 2] * 4)


def test_which_networks_learn_from_which_phase() -> None:
    made = networks()
    for phase in cyclegan().phases():
        made.zero_grad()
        torch.stack([t.mean() for t in phase.loss(made, batch(), context()).values()]).sum().backward()
        moved = {name for name, network in made.items() if network.weight.grad is not None}
        assert moved == set(phase.updates) | (
            {"DA", "DB"} if phase.name == "G" else set()
        )  # frozen meanwhile


def test_both_ways_and_the_whole_one() -> None:
    algorithm, made, x = cyclegan(), networks(), torch.zeros(2, *SHAPE)
    assert algorithm.translate(made, x).mean() == 0.25
    assert algorithm.translate(made, x, back=True).mean() == -0.5
    assert algorithm.reconstruct(made, x).mean() == -0.25
    assert torch.equal(algorithm.prepare_latents(made, torch.empty(2, 0), x), x)


def test_a_history_hands_out_new_ones_until_it_is_full_and_then_earlier_ones_for_every_second() -> None:
    history = ImagePool(3, SHAPE)
    levels = torch.arange(1, 256) / 127.5 - 1  # what bytes can hold

    def shown(first: int, rows: int) -> Tensor:
        return levels[first : first + rows, None, None, None].expand(-1, *SHAPE)

    assert torch.equal(history(shown(0, 3), RandomStream(0)), shown(0, 3))
    seen, kept = set(levels[:3].tolist()), history.pictures[:, 0, 0, 0].tolist()
    handed, total = 0, 0
    for round_ in range(25):
        new = shown(3 + round_ * 10, 10)
        out = history(new, RandomStream("swap", round_))
        seen |= set(new[:, 0, 0, 0].tolist())
        assert all(min(abs(v - s) for s in seen) < 1e-6 for v in out[:, 0, 0, 0].tolist())
        handed, total = handed + int((out != new).flatten(1).any(1).sum()), total + 10
    assert 0.4 < handed / total < 0.6
    assert history.pictures[:, 0, 0, 0].tolist() != kept
    other = ImagePool(3, SHAPE)
    other.load_state_dict(history.state_dict())
    assert torch.equal(other(shown(0, 9), RandomStream(7)), history(shown(0, 9), RandomStream(7)))
    none = shown(0, 2)
    assert ImagePool(0, SHAPE)(none, RandomStream(0)) is none


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(UserError, match="cycle_weight must be"):
        cyclegan(cycle_weight=-1.0)
    with pytest.raises(UserError, match="history must be at least 0"):
        cyclegan(history=-1)
    with pytest.raises(UserError, match="compares pairs"):
        CycleGAN(loss=RelativisticPairing(), shape=SHAPE)
    with pytest.raises(UserError, match="needs two domains"):
        cyclegan().generator_losses(networks(), Batch(torch.zeros(4, *SHAPE)), context())
