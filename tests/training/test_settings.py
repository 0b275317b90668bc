from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganbench.config.spec import Spec
from ganbench.errors import UserError
from ganbench.training.schedule import Cosine, Linear
from ganbench.training.settings import Machine, Schedule


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        *[(f, 0, "at least 1, not 0") for f in ("steps", "batch", "microbatches", "log_every", "samples")],
        *[(f, 0, "at least 1, not 0") for f in ("checkpoint_every", "keep_last")],
        *[(f, -1, "must not be negative, but is -1") for f in ("warmup", "sample_every", "evaluate_every")],
        ("layers_every", -1, "must not be negative, but is -1"),
        ("evaluate_samples", -1, "must not be negative, but is -1"),
        ("ema_half_life", 0.0, "must be above 0 images; 'null' turns the average off"),
        ("gradient_clip", 0.0, "must be above 0; 'null' turns clipping off"),
        ("ema_half_life", -5.0, "must be above 0 images"),
        ("ema_ramp", -0.1, "must not be negative, but is -0.1"),
        ("steps", 1.5, "must be a whole number, not 1.5"),
        ("steps", "many", "must be a whole number, not 'many'"),
        ("batch", True, "must be a whole number, not True"),
        ("learning_rate", 0.5, "must be a part such as Spec"),
        ("ema_half_life", "long", "must be a number or none, not 'long'"),
    ],
)
def test_an_invalid_schedule_is_refused(field: str, value: Any, message: str) -> None:
    with pytest.raises(UserError) as caught:
        Schedule(**{"steps": 10, "batch": 8, field: value})
    assert str(caught.value).startswith(f"schedule.{field} ")
    assert message in str(caught.value)


def test_a_batch_must_divide_into_microbatches() -> None:
    with pytest.raises(UserError, match=r"schedule.batch=10 cannot be divided into 4 microbatches"):
        Schedule(steps=1, batch=10, microbatches=4)
    assert Schedule(steps=1, batch=12, microbatches=4).microbatches == 4


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("threads", 0, "machine.threads must be at least 1, not 0"),
        ("device", "tpu", "machine.device must be one of auto, cpu, cuda, mps, not 'tpu'"),
        ("precision", "fp16", "machine.precision must be one of fp32, bf16, not 'fp16'"),
        ("channels_last", "maybe", "machine.channels_last must be true or false, not 'maybe'"),
        ("threads", 1.5, "machine.threads must be a whole number or none, not 1.5"),
    ],
)
def test_an_invalid_machine_is_refused(field: str, value: Any, message: str) -> None:
    with pytest.raises(UserError) as caught:
        Machine(**{field: value})
    assert str(caught.value) == message


def test_numbers_are_converted_to_the_type_of_their_field() -> None:
    schedule = Schedule(steps=10, batch=8, ema_half_life=500)
    assert type(schedule.ema_half_life) is float
    assert schedule == Schedule(steps=10, batch=8, ema_half_life=500.0)


def test_settings_are_frozen() -> None:
    for settings, field in ((Schedule(steps=1, batch=1), "steps"), (Machine(), "device")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(settings, field, 3)


def test_learning_rate_is_the_factor_after_a_linear_warmup() -> None:
    plain = Schedule(steps=100, batch=1)
    assert [plain.learning_rate_at(s) for s in (0, 50, 99)] == [1.0, 1.0, 1.0]
    warm = Schedule(steps=100, batch=1, warmup=4)
    assert [warm.learning_rate_at(s) for s in range(6)] == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]
    falling = Schedule(steps=100, batch=1, warmup=4, learning_rate=Spec(Linear))
    assert falling.learning_rate_at(1) == pytest.approx(0.5 * 0.99)
    assert falling.learning_rate_at(50) == pytest.approx(0.5)


@given(step=st.integers(0, 1000), warmup=st.integers(0, 2000))
def test_a_warmup_never_raises_the_rate(step: int, warmup: int) -> None:
    with_warmup = Schedule(steps=1001, batch=1, warmup=warmup, learning_rate=Spec(Cosine))
    without = Schedule(steps=1001, batch=1, learning_rate=Spec(Cosine))
    assert 0 < with_warmup.learning_rate_at(step) <= without.learning_rate_at(step)
    if step + 1 >= warmup:
        assert with_warmup.learning_rate_at(step) == without.learning_rate_at(step)


@pytest.mark.parametrize(
    ("threads", "limit"),
    [(0, "at least 1"), (-1, "at least 1"), (1025, "at most 1,024"), (10**9, "at most 1,024")],
)
def test_threads_that_no_machine_can_start_are_refused(threads: int, limit: str) -> None:
    """OpenMP would end the process without a word of Python's."""
    with pytest.raises(UserError, match=f"machine.threads must be {limit}, not {threads:,}"):
        Machine(threads=threads)
    assert Machine(threads=1024).threads == 1024
