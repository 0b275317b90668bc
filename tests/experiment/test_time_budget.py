"""A run of so many minutes has the steps that fit, and is otherwise the run of so many steps."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as some
from tests.support.training import draw_figures, tiny_recipe

import ganbench.experiment.time_budget as planning
from ganbench.config.spec import Spec
from ganbench.data.toy import ring8
from ganbench.errors import UserError
from ganbench.experiment.time_budget import Plan, Trial, fit_to_budget, time_steps
from ganbench.experiment.train import train
from ganbench.recipes.base import Recipe
from ganbench.recipes.budget import parse_minutes
from ganbench.training.engine import Engine
from ganbench.training.schedule import Constant, Cosine, Linear
from ganbench.utils.console import SilentConsole
from ganbench.utils.files import read_json


@pytest.mark.parametrize(("text", "minutes"), [("20m", 20.0), ("1.5h", 90.0), ("90s", 1.5)])
def test_times_are_read(text: str, minutes: float) -> None:
    assert parse_minutes(text) == minutes


@pytest.mark.parametrize("text", ["laptp", "20", "m", "-5m", "20 m", "1e3s", "nan", "20d", ""])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="a budget is 'laptop', 'hour', 'reference' or a time such as 20m"):
        parse_minutes(text)


def test_too_short_a_time_is_refused() -> None:
    with pytest.raises(UserError, match="too short to plan"):
        parse_minutes("4s")


def test_too_long_a_time_is_refused() -> None:
    assert parse_minutes("8784h") == 60 * 8784
    for text in ("8785h", "9" * 400 + "m", "9" * 5000 + "s"):
        with pytest.raises(UserError, match="is longer than a year"):
            parse_minutes(text)


def clocked(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let each look at the clock be that much later than the one before."""
    looks = iter(range(10**9))
    clock = SimpleNamespace(perf_counter=lambda: seconds * next(looks), process_time=lambda: 0.0)
    monkeypatch.setattr(planning, "time", clock)


def plan_of(recipe: Recipe, minutes: float) -> tuple[Recipe, Plan]:
    data = ring8()
    return fit_to_budget(recipe, minutes, data, Engine(recipe.machine), 0)


def test_the_steps_fit_and_the_rest_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = tiny_recipe("gan-r1-ring8", {"schedule.ema_half_life": 10_000.0, "schedule.sample_every": 7})
    clocked(monkeypatch, 0.25)
    made, plan = plan_of(recipe, 10.0)
    # Looks: the begin, one before each step that is tried (until 4 s are over), and the end.
    assert plan.steps == int(600 * 0.8 / plan.step_seconds)
    assert 0.24 < plan.step_seconds < 0.27
    assert 14 <= plan.trial_steps <= 17
    assert made.schedule.steps == plan.steps
    assert made.schedule.sample_every == made.schedule.checkpoint_every == plan.steps // 10
    assert made.schedule.ema_half_life == pytest.approx(0.02 * plan.steps * recipe.schedule.batch)
    assert f"{plan.steps:,} steps with batch size {recipe.schedule.batch}" in plan.describe(made.schedule)


def test_a_trial_has_the_share_of_the_time_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    clocked(monkeypatch, 0.25)
    recipe, data = tiny_recipe("gan-r1-ring8"), ring8()
    _, plan = fit_to_budget(recipe, 1.0, data, Engine(recipe.machine), 0, trial_share=1 / 10)
    assert 22 <= plan.trial_steps <= 25  # 6 s of looks at the clock


@pytest.mark.parametrize(
    ("rates", "words"),
    [
        (Spec(Constant), "rates fall to 0 at the end;"),
        (Spec(Cosine, end=0.25), "rates end at 0.25 times the recipe's;"),
    ],
)
def test_a_plan_says_what_rates_come_to(monkeypatch: pytest.MonkeyPatch, rates: Spec, words: str) -> None:
    clocked(monkeypatch, 0.25)
    made, plan = plan_of(tiny_recipe("gan-r1-ring8", {"schedule.learning_rate": rates}), 1.0)
    assert words in plan.describe(made.schedule)


@pytest.mark.parametrize(("step_seconds", "warns"), [(24.0, True), (0.97, True), (0.96, False), (0.1, False)])
def test_a_plan_of_too_few_steps_warns_and_says_what_would_do(step_seconds: float, warns: bool) -> None:
    """Ten minutes, of which .8 are for steps, take 500 steps of .96 s."""
    plan = Plan(minutes=10, steps=int(480 / step_seconds), step_seconds=step_seconds, trial_steps=3)
    assert bool(plan.warning()) == warns
    if step_seconds == 24:
        assert plan.warning().startswith(
            "only 20 steps fit, and samples stay noise for about 500; --budget 250m "
        )


def test_a_constant_rate_falls_and_another_keeps_its_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    clocked(monkeypatch, 0.25)
    constant, cosine = (
        tiny_recipe("gan-r1-ring8", {"schedule.learning_rate": Spec(kind)}) for kind in (Constant, Cosine)
    )
    assert plan_of(constant, 1.0)[0].schedule.learning_rate == Spec(Linear)
    assert plan_of(cosine, 1.0)[0].schedule.learning_rate == Spec(Cosine)


def test_what_a_recipe_leaves_out_stays_out(monkeypatch: pytest.MonkeyPatch) -> None:
    clocked(monkeypatch, 0.25)
    recipe = tiny_recipe("gan-r1-ring8", {"schedule.ema_half_life": None, "schedule.sample_every": 0})
    schedule = plan_of(recipe, 1.0)[0].schedule
    assert schedule.ema_half_life is None
    assert schedule.sample_every == schedule.evaluate_every == 0


def test_what_the_user_has_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    own = {
        "schedule.checkpoint_every": 3,
        "schedule.sample_every": 4,
        "schedule.evaluate_every": 5,
        "schedule.warmup": 9_999,
        "schedule.ema_half_life": 1e9,
        "schedule.learning_rate": Spec(Constant),
    }
    recipe, data = tiny_recipe("gan-r1-ring8", own), ring8()
    for changed in ([], list(own), ["schedule.learning_rate.x", "networks.G.width"]):
        clocked(monkeypatch, 0.25)
        made, plan = fit_to_budget(recipe, 10.0, data, Engine(recipe.machine), 0, changed=changed)
        kept = {path.split(".")[1] for path in changed}
        for name in (path.split(".")[1] for path in own):
            same = getattr(made.schedule, name) == getattr(recipe.schedule, name)
            assert same == (name in kept), (name, changed)
        assert made.schedule.steps == plan.steps


SMALL = tiny_recipe("gan-r1-ring8", {})


@given(minutes=some.floats(0.1, 1e4), seconds=some.floats(1e-4, 1e3))
def test_there_is_always_a_step(minutes: float, seconds: float) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planning, "time_steps", lambda *_, **__: Trial(1, seconds, seconds))
        made, plan = plan_of(SMALL, minutes)
    assert made.schedule.steps == plan.steps >= 1
    assert plan.steps == 1 or plan.steps * seconds <= minutes * 60


def test_the_run_is_that_of_as_many_steps_bit_for_bit(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(planning, "time_steps", tried_for_two_steps)
    with draw_figures():
        notes = Notes()
        timed = train(tiny_recipe("gan-r1-ring8", {}), budget="5s", out=tmp_path / "timed", console=notes)
        recipe = dataclasses.replace(timed.recipe(), budget="laptop")
        counted = train(recipe, out=tmp_path / "counted")
    assert timed.recipe().schedule.steps == 8
    assert notes.said[0] == "timing a few steps, to see how many fit into the budget"
    assert notes.said[1].startswith("plan for 5 seconds: 8 steps")
    assert read_json(timed.path / "recipe.json")["budget"] == "5s"
    first, second = (run.path / "checkpoints" / "step-00000008" for run in (timed, counted))
    for file in sorted(first.glob("*.safetensors")):
        assert file.read_bytes() == (second / file.name).read_bytes(), file.name


class Notes(SilentConsole):
    """Keeps all notes."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, text: str) -> None:
        self.said.append(text)


def tried_for_two_steps(*arguments: object) -> Trial:
    trial = time_steps(*arguments[:-1], 0.0)  # type: ignore[arg-type, call-arg]
    assert trial.seconds > 0
    assert trial.cpu_seconds > 0
    return Trial(1, 0.5, 0.5)


def test_steps_of_one_s_own_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"plans schedule\.steps itself"):
        train("gan-r1-ring8", budget="1m", overrides={"schedule.steps": 5}, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("minutes", "words"), [(1 / 3, "20 seconds"), (1, "60 seconds"), (2.5, "2.5 minutes")]
)
def test_a_plan_gives_its_time_in_a_fitting_unit(minutes: float, words: str) -> None:
    plan = Plan(minutes=minutes, steps=9, step_seconds=0.1, trial_steps=3)
    assert plan.describe(tiny_recipe("gan-r1-ring8").schedule).startswith(f"plan for {words}: 9 steps")
