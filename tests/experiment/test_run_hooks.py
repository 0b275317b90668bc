from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from ganbench.data.base import Batch
from ganbench.errors import RunError
from ganbench.experiment.run_hooks import Every, log_scalars
from ganbench.runs.event_log import EventLog
from ganbench.training.engine import Engine
from ganbench.training.phase import Context, LossDict, Phase
from ganbench.training.settings import Machine, Schedule
from ganbench.training.trainer import Trainer


class Counting(nn.Module):
    """One network that goes nowhere; the term is the number of the step."""

    averaged = ()

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("N", ("N",), self.terms, reads_data=False),)

    def terms(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> LossDict:
        return {"step": networks["N"](torch.zeros(1, 1)).sum() * 0 + self.first + context.step}

    first = 0.0

    def after_step(self, networks: nn.ModuleDict, step: int) -> None: ...

    def extra_scalars(self) -> dict[str, torch.Tensor]:
        return {}


class Following(Engine):
    is_main_process = False  # type: ignore[assignment]


def trainer(steps: int = 5, engine: type[Engine] = Engine) -> Trainer:
    return Trainer(
        algorithm=Counting(),
        networks={"N": nn.Linear(1, 1)},
        optimizers=lambda name, parameters: torch.optim.SGD(parameters, lr=0.1),
        batches=lambda position, rows, part, parts: Batch(torch.zeros(rows, 1)),
        schedule=Schedule(steps=steps, batch=10),
        engine=engine(Machine(threads=1, device="cpu")),
        seed=0,
    )


def test_due_every_so_many_steps_and_after_the_last() -> None:
    every = Every(3, lambda trainer: None)
    assert [step for step in range(1, 11) if every.due(step, 10)] == [3, 6, 9, 10]
    assert [step for step in range(1, 10) if every.due(step, 9)] == [3, 6, 9]
    assert not any(Every(0, lambda trainer: None).due(step, 10) for step in range(1, 11))


@given(every=st.integers(1, 30), steps=st.integers(1, 100))
def test_the_last_step_is_always_due_and_no_gap_is_longer(every: int, steps: int) -> None:
    due = [step for step in range(1, steps + 1) if Every(every, lambda trainer: None).due(step, steps)]
    assert due[-1] == steps
    assert max(b - a for a, b in zip([0, *due], due, strict=False)) <= every


def ignore(step: int, terms: Mapping[str, float], rate: float) -> None:
    """Show nothing."""


def test_scalars_and_speed_are_logged_and_shown(tmp_path: Path) -> None:
    events, shown = EventLog(tmp_path / "events.jsonl"), []

    def show(step: int, terms: Mapping[str, float], rate: float) -> None:
        shown.append((step, dict(terms), rate))

    trainer().train([Every(2, log_scalars(events, show))])
    assert events.read("scalars") == [
        {"kind": "scalars", "step": 2, "kimg": 0.02, "N/step": 0.5},
        {"kind": "scalars", "step": 4, "kimg": 0.04, "N/step": 2.5},
        {"kind": "scalars", "step": 5, "kimg": 0.05, "N/step": 4.0},
    ]
    assert [(step, terms) for step, terms, _ in shown] == [
        (e["step"], {"N/step": e["N/step"]}) for e in events.read("scalars")
    ]
    speeds = events.read("speed")
    assert [e["step"] for e in speeds] == [2, 4, 5]
    for event, (_, _, rate) in zip(speeds, shown, strict=True):
        assert event["images_per_second"] == round(rate, 1) > 0
        assert {"N", "optimizer", "total"} <= set(event["seconds"])


def test_the_rate_counts_the_images_since_the_last_call_also_after_a_resume(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates: list[float] = []
    one = trainer(steps=9)
    one.load_state_dict({**trainer().state_dict(), "step": 4})
    monkeypatch.setattr(one.clock, "take", lambda: {"total": 2.0})
    show: Any = lambda step, terms, rate: rates.append(rate)  # noqa: E731
    one.train([Every(3, log_scalars(EventLog(tmp_path / "e"), show))])
    assert rates == [10.0, 15.0]  # steps 4 to 6, 6 to 9, ten images each


def test_only_the_leading_process_writes_but_all_take_part(tmp_path: Path) -> None:
    events, one = EventLog(tmp_path / "events.jsonl"), trainer(engine=Following)
    one.train([Every(2, log_scalars(events, ignore))])
    assert not events.path.exists()
    assert one.read_log() == {}


def test_a_run_that_diverged_is_not_logged_as_if_nothing_were(tmp_path: Path) -> None:
    events, one = EventLog(tmp_path / "events.jsonl"), trainer()
    one.trainable.first = float("nan")  # type: ignore[attr-defined]
    with pytest.raises(RunError, match="'N/step' became nan by step 2"):
        one.train([Every(2, log_scalars(events, ignore))])
    assert not events.path.exists()
