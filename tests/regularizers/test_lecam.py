from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tests.support.context import context
from tests.support.training import final_state, tiny_recipe, train_until
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


def test_known_values_of_term_and_anchors() -> None:
    term = LeCam(weight=2.0, decay=0.75, every=3)
    first = term(score, batch(1.0, 3.0), batch(-1.0, 0.0), context(step=0))
    assert first.tolist() == [6 * (1.0 + 1.0), 6 * (9.0 + 0.0)]  # both anchors are still 0
    second = term(score, batch(1.0, 4.0), batch(0.0, 0.0), context(step=3))
    real_anchor, fake_anchor = 0.25 * 2.0, 0.25 * -0.5
    assert second.tolist() == pytest.approx(
        [6 * ((1.0 - fake_anchor) ** 2 + real_anchor**2), 6 * ((4.0 - fake_anchor) ** 2 + real_anchor**2)]
    )
    term(score, batch(0.0), batch(0.0), context(step=6))
    assert term.anchors.tolist() == pytest.approx([0.75 * real_anchor + 0.25 * 2.5, 0.75 * fake_anchor])


def test_anchors_have_no_gradient() -> None:
    weight = torch.tensor(2.0, requires_grad=True)
    term = LeCam(weight=1.0, decay=0.0)
    for step in range(2):
        weight.grad = None
        term(lambda x, y: weight * x[:, 0], batch(3.0), batch(1.0), context(step=step)).sum().backward()
    assert weight.grad is not None  # of (3 w - 2)² + (w - 6)² with constant anchors
    assert float(weight.grad) == pytest.approx(2 * 3 * (3 * 2 - 2) + 2 * (2 - 6))


def test_microbatches_count_as_one_batch() -> None:
    whole, split = LeCam(decay=0.5), LeCam(decay=0.5)
    for step in range(3):
        real, fake = torch.randn(2, 6, 1, generator=torch.Generator().manual_seed(step))
        once = whole(score, Batch(real), Batch(fake), context(step=step))
        parts = [
            split(score, Batch(r), Batch(f), context(step=step))
            for r, f in zip(real.split(2), fake.split(2), strict=True)
        ]
        torch.testing.assert_close(once, torch.cat(parts))


def test_processes_with_averaged_buffers_count_as_one() -> None:
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


def lecam_recipe(regularizer: Spec) -> Recipe:
    base = tiny_recipe("gan-ring8", {"algorithm.critic_steps": 2})
    return replace(base, algorithm=base.algorithm.replace(regularizers=(regularizer,)))


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_resumed_run_restores_the_anchors(wrapped: bool, tmp_path: Path) -> None:
    term = Spec(LeCam, weight=1.0, decay=0.5)
    recipe = lecam_recipe(Spec(Scheduled, term=term, factor=Spec(Linear)) if wrapped else term)
    expected = train(recipe, out=tmp_path / "whole")
    run = train_until(recipe, tmp_path / "run", 7)
    state = run.read_checkpoint()
    assert state is not None
    assert float(state["algorithm"]["states.0.anchors"].abs().min()) > 0
    assert final_state(resume(run)) == final_state(expected)


@pytest.mark.parametrize(
    "arguments", [{"weight": -1.0}, {"decay": 1.0}, {"decay": float("nan")}, {"every": 0}]
)
def test_invalid_arguments_are_refused(arguments: dict[str, float]) -> None:
    with pytest.raises(UserError, match=next(iter(arguments))):
        LeCam(**arguments)  # type: ignore[arg-type]
