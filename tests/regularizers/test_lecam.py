from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tests.support.context import context
from tests.support.tiny import outcome, tiny, train_until
from torch import Tensor

from ganbench.config.spec import Spec
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.experiment.train import resume, train
from ganbench.recipes.base import Recipe
from ganbench.regularizers import LeCam, Scheduled
from ganbench.training.schedule import Linear


def score(x: Tensor, y: Tensor | None) -> Tensor:
    return x[:, 0]


def batch(*scores: float) -> Batch:
    return Batch(torch.tensor(scores)[:, None])


def test_holds_real_scores_to_the_average_of_fake_ones_and_the_reverse() -> None:
    term = LeCam(weight=2.0, decay=0.75, every=3)
    first = term(score, batch(1.0, 3.0), batch(-1.0, 0.0), context(step=0))
    assert first.tolist() == [6 * (1.0 + 1.0), 6 * (9.0 + 0.0)]  # both anchors are still at 0
    second = term(score, batch(1.0, 4.0), batch(0.0, 0.0), context(step=3))
    of_real, of_fake = 0.25 * 2.0, 0.25 * -0.5
    assert second.tolist() == pytest.approx(
        [6 * ((1.0 - of_fake) ** 2 + of_real**2), 6 * ((4.0 - of_fake) ** 2 + of_real**2)]
    )
    term(score, batch(0.0), batch(0.0), context(step=6))
    assert term.anchors.tolist() == pytest.approx([0.75 * of_real + 0.25 * 2.5, 0.75 * of_fake])


def test_anchors_carry_no_gradient() -> None:
    weight = torch.tensor(2.0, requires_grad=True)
    term = LeCam(weight=1.0, decay=0.0)
    for step in range(2):
        weight.grad = None
        term(lambda x, y: weight * x[:, 0], batch(3.0), batch(1.0), context(step=step)).sum().backward()
    assert weight.grad is not None  # of (3 w - 2)² + (w - 6)², with both anchors held
    assert float(weight.grad) == pytest.approx(2 * 3 * (3 * 2 - 2) + 2 * (2 - 6))


def test_microbatches_of_one_update_meet_the_same_anchors_and_count_as_one() -> None:
    whole, cut = LeCam(decay=0.5), LeCam(decay=0.5)
    for step in range(3):
        real, fake = torch.randn(2, 6, 1, generator=torch.Generator().manual_seed(step))
        once = whole(score, Batch(real), Batch(fake), context(step=step))
        parts = [
            cut(score, Batch(r), Batch(f), context(step=step))
            for r, f in zip(real.split(2), fake.split(2), strict=True)
        ]
        torch.testing.assert_close(once, torch.cat(parts))


def test_processes_that_average_their_buffers_after_each_update_are_one() -> None:
    whole, parts = LeCam(decay=0.5), [LeCam(decay=0.5), LeCam(decay=0.5)]
    for step in range(3):
        real, fake = torch.randn(2, 6, 1, generator=torch.Generator().manual_seed(step))
        once = whole(score, Batch(real), Batch(fake), context(step=step))
        own = [
            part(score, Batch(r), Batch(f), context(step=step))
            for part, r, f in zip(parts, real.split(3), fake.split(3), strict=True)
        ]
        torch.testing.assert_close(once, torch.cat(own))
        for one, other in zip(*(part.buffers() for part in parts), strict=True):
            if one.is_floating_point():
                mean = (one + other) / 2
                one.copy_(mean)
                other.copy_(mean)


def recipe(regularizer: Spec) -> Recipe:
    made = tiny("gan-ring8", {"algorithm.critic_steps": 2})
    return replace(made, algorithm=made.algorithm.replace(regularizers=(regularizer,)))


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_run_goes_on_with_its_anchors_bit_for_bit(wrapped: bool, tmp_path: Path) -> None:
    term = Spec(LeCam, weight=1.0, decay=0.5)
    chosen = recipe(Spec(Scheduled, term=term, factor=Spec(Linear)) if wrapped else term)
    expected = train(chosen, out=tmp_path / "whole")
    run = train_until(chosen, tmp_path / "run", 7)
    state = run.read_checkpoint()
    assert state is not None
    assert float(state["algorithm"]["states.0.anchors"].abs().min()) > 0
    assert outcome(resume(run)) == outcome(expected)


@pytest.mark.parametrize("wrong", [{"weight": -1.0}, {"decay": 1.0}, {"decay": float("nan")}, {"every": 0}])
def test_wrong_settings_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UserError, match=next(iter(wrong))):
        LeCam(**wrong)  # type: ignore[arg-type]
