"""A change of settings in the midst of a run: it takes effect at a checkpoint, is recorded, and survives every kill."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.support.training import STEPS, final_state, read_files, tiny_recipe

from ganbench.config.spec import Spec
from ganbench.errors import Stopped, UserError
from ganbench.experiment import continuation, request_watch
from ganbench.experiment.train import resume, train
from ganbench.recipes.base import Recipe
from ganbench.recipes.changeable import setting
from ganbench.regularizers import R1
from ganbench.runs.requests import FOLDER, Request, list_requests, write_request
from ganbench.runs.run import Run
from ganbench.training.schedule import Constant, Linear
from ganbench.training.trainer import Trainer
from ganbench.utils.console import SilentConsole
from ganbench.utils.files import write_sealed_json

RATE = "optimizers.G.lr"
CHANGES: dict[str, Any] = {
    RATE: 5e-4,
    "optimizers.D.betas": [0.1, 0.9],
    "algorithm.regularizers.0.gamma": 3.0,
    "schedule.log_every": 2,
}


class Killed(BaseException):
    """Ends a run at once, as SIGKILL would: no code of ganbench expects it."""


class Messages(SilentConsole):
    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.notes: list[str] = []

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.fixture(autouse=True)
def look_at_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_watch, "LOOK_SECONDS", 0.0)


def recipe(**changes: Any) -> Recipe:
    quick = {"schedule.sample_every": 0, "schedule.layers_every": 0, "schedule.checkpoint_every": 4}
    terms = {"algorithm.regularizers": (Spec(R1, gamma=1.0),), "schedule.keep_last": 10}
    return tiny_recipe("gan-r1-ring8", {**quick, **terms, **changes})


Actions = Mapping[int, Callable[[Path], object]]


def during(run: Path, actions: Actions) -> Any:
    """Call each action with the run folder at the end of a step, before what follows it."""
    train_step = Trainer.train_step

    def step_and_act(trainer: Trainer) -> None:
        train_step(trainer)
        if trainer.step in actions and run.exists():
            actions[trainer.step](run)

    patch = pytest.MonkeyPatch.context()

    class During:
        def __enter__(self) -> None:
            patch.__enter__().setattr(Trainer, "train_step", step_and_act)

        def __exit__(self, *error: Any) -> None:
            patch.__exit__(*error)

    return During()


def change(values: Mapping[str, Any]) -> Callable[[Path], object]:
    return lambda run: write_request(run, Request("change", values))


def stop(run: Path) -> None:
    write_request(run, Request("stop"))


def kill(_: Path) -> None:
    raise Killed


def train_with(out: Path, actions: Actions, start: Recipe | None = None, **arguments: Any) -> Run:
    with during(out, actions):
        train(start or recipe(), out=out, **arguments)
    return Run(out)


def resume_with(run: Run, actions: Actions, **arguments: Any) -> Run:
    with during(run.path, actions):
        resume(run.path, **arguments)
    return Run(run.path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A run that was changed after step 6, and never interrupted."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(request_watch, "LOOK_SECONDS", 0.0)
        yield train_with(tmp_path_factory.mktemp("whole") / "run", {6: change(CHANGES)})


def changes_of(run: Run) -> list[tuple[int, str, Any, Any]]:
    return [(e["step"], e["key"], e["old"], e["new"]) for e in run.events.read("change")]


def test_a_change_takes_effect_at_a_checkpoint_and_is_recorded(whole: Run, tmp_path: Path) -> None:
    expected = [
        (6, "algorithm.regularizers.0.gamma", 1.0, 3.0),
        (6, "optimizers.D.betas", [0.5, 0.999], [0.1, 0.9]),
        (6, RATE, 1e-3, 5e-4),
        (6, "schedule.log_every", 3, 2),
    ]
    start = recipe()
    expected = [(step, key, setting(start, key), new) for step, key, _, new in expected]
    assert changes_of(whole) == expected
    assert [tuple(entry.values()) for entry in whole.meta["changes"]] == expected
    for key, value in CHANGES.items():
        assert setting(whole.recipe(), key) == value
    assert whole.checkpoint_steps() == [12, 8, 6, 4]
    assert [e["step"] for e in whole.events.read("scalars")] == [3, 6, 8, 10, 12]
    assert list_requests(whole.path) == []
    state = whole.read_checkpoint()
    assert state is not None
    assert tuple(state["optimizers"]["D"]["param_groups"][0]["betas"]) == (0.1, 0.9)
    unchanged = train(recipe(), out=tmp_path / "unchanged")
    before, after = (read_files(run.checkpoints / "step-00000006") for run in (unchanged, whole))
    assert before == {}, "the unchanged run has no reason to save step 6"
    assert after
    assert final_state(unchanged) != final_state(whole)


def test_a_change_equals_a_stop_and_a_resumed_run_with_another_recipe(whole: Run, tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        train_with(tmp_path / "run", {6: stop})
    run = Run(tmp_path / "run")
    assert run.checkpoint_steps()[0] == 6
    write_request(run.path, Request("change", CHANGES))
    resume(run.path)
    assert final_state(run) == final_state(whole)
    assert run.meta["changes"] == whole.meta["changes"]


@pytest.mark.parametrize("killed_at", [7, 9, 11])
def test_a_run_that_is_killed_after_the_change_ends_as_the_one_that_was_not(
    whole: Run, tmp_path: Path, killed_at: int
) -> None:
    with pytest.raises(Killed):
        train_with(tmp_path / "run", {6: change(CHANGES), killed_at: kill})
    run = Run(tmp_path / "run")
    assert run.checkpoint_steps()[0] == {7: 6, 9: 8, 11: 8}[killed_at]
    resume(run.path)
    assert final_state(run) == final_state(whole)
    assert changes_of(run) == changes_of(whole)


def test_a_run_that_goes_on_from_before_the_change_makes_it_again_at_its_step(
    whole: Run, tmp_path: Path
) -> None:
    with pytest.raises(Killed):
        train_with(tmp_path / "run", {6: change(CHANGES), 7: kill})
    run = Run(tmp_path / "run")
    shutil.rmtree(run.checkpoints / "step-00000006")
    console = Messages()
    resume(run.path, console=console)
    assert "resuming at step 4 of 12" in console.notes
    assert any(note.startswith("step 6: algorithm.regularizers.0.gamma was 1.0") for note in console.notes)
    assert final_state(run) == final_state(whole)
    assert changes_of(run) == changes_of(whole)
    assert run.meta["changes"] == whole.meta["changes"]


@pytest.mark.parametrize("point", ["meta.json", "recipe.json", "event", "request"])
def test_a_kill_between_request_and_application_loses_and_doubles_nothing(
    whole: Run, tmp_path: Path, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        write = write_sealed_json

        def write_or_die(path: Path, value: Any) -> None:
            if path.name == point:
                raise Killed
            write(path, value)

        def die(*_: Any, **__: Any) -> None:
            raise Killed

        if point == "event":
            patch.setattr("ganbench.experiment.request_watch.RequestWatch.finish", die)
        elif point == "request":
            patch.setattr("ganbench.experiment.request_watch.remove_request", die)
        else:
            patch.setattr(continuation, "write_sealed_json", write_or_die)
        with pytest.raises(Killed):
            train_with(tmp_path / "run", {6: change(CHANGES)})
    run = Run(tmp_path / "run")
    assert run.checkpoint_steps()[0] == 6
    resume(run.path)
    assert final_state(run) == final_state(whole)
    assert run.meta["changes"] == whole.meta["changes"]
    assert run.recipe() == whole.recipe()
    assert list_requests(run.path) == []


def test_the_same_request_twice_changes_once(whole: Run, tmp_path: Path) -> None:
    def twice(run: Path) -> None:
        change(CHANGES)(run)
        change(CHANGES)(run)

    run = train_with(tmp_path / "run", {6: twice, 8: change(CHANGES)})
    assert changes_of(run) == changes_of(whole)
    assert final_state(run) == final_state(whole)
    assert list_requests(run.path) == []


def test_a_request_that_another_takes_back_changes_nothing(tmp_path: Path) -> None:
    def there_and_back(run: Path) -> None:
        change({RATE: 0.5})(run)
        change({RATE: setting(recipe(), RATE)})(run)

    run = train_with(tmp_path / "run", {6: there_and_back})
    assert changes_of(run) == []
    assert list_requests(run.path) == []
    assert final_state(run) == final_state(train(recipe(), out=tmp_path / "unchanged"))


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"optimizers.G.speed": 1.0}, "'optimizers.G.speed' cannot change in the midst of a run"),
        ({"networks.G.width": 9}, "'networks.G.width' cannot change in the midst of a run"),
        ({"schedule.batch": 4}, "a run may change optimizers.NAME.lr, betas"),
        ({RATE: float("nan")}, "optimizers.G.lr must be a finite number, not nan"),
        ({RATE: "fast"}, "optimizers.G.lr must be a finite number, not 'fast'"),
        ({RATE: True}, "optimizers.G.lr must be a finite number, not True"),
        ({RATE: -1.0}, "Invalid learning rate: -1"),
        (
            {"optimizers.G.betas": [0.5]},
            r"optimizers.G.betas must be 2 numbers such as \[0.0, 0.9\], not \[0.5\]",
        ),
        ({"optimizers.G.betas": [0.5, 2.0]}, "Invalid beta parameter at index 1"),
        ({"schedule.log_every": 1.5}, "schedule.log_every must be"),
        ({"schedule.steps": 6}, "schedule.steps=6 is not above step 6, which the run has reached"),
    ],
)
def test_what_cannot_change_is_refused_in_a_sentence_and_training_goes_on(
    tmp_path: Path, values: Mapping[str, Any], problem: str
) -> None:
    console = Messages()
    run = train_with(tmp_path / "run", {6: change(values)}, console=console)
    (warning,) = console.warnings
    assert re.search(problem, warning)
    assert [e["error"] for e in run.events.read("refused")] == [warning]
    assert list_requests(run.path) == []
    assert "changes" not in run.meta
    assert run.checkpoint_steps() == [12, 8, 4]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"ask": "dance"}', b'{"ask": "change", "values": 3}', b'{"ask": "change", "values": {}}',
     b"[" * 70_000, b'{"ask": "stop"' + b" " * 70_000 + b"}", b"\xff\xfe"],
)  # fmt: skip
def test_garbled_requests_are_ignored_and_removed(tmp_path: Path, content: bytes) -> None:
    def garble(run: Path) -> None:
        (run / FOLDER).mkdir()
        (run / FOLDER / "1.json").write_bytes(content)

    console = Messages()
    run = train_with(tmp_path / "run", {2: garble}, console=console)
    (warning,) = console.warnings
    assert warning.startswith("the request 1.json is ignored: ")
    assert list_requests(run.path) == []
    assert run.checkpoint_steps()[0] == STEPS


def test_links_folders_and_what_cannot_be_removed_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text('{"ask": "stop"}')

    def plant(run: Path) -> None:
        (run / FOLDER / "folder.json").mkdir(parents=True)
        (run / FOLDER / "link.json").symlink_to(tmp_path / "secret.json")
        (run / FOLDER / ".hidden.json").write_text('{"ask": "stop"}')
        (run / FOLDER / "other.txt").write_text("x")

    console = Messages()
    out = tmp_path / "run"
    with during(out, {2: plant}):
        train(recipe(), out=out, console=console)
    assert len(console.warnings) == 2, "each is named once"
    assert (tmp_path / "secret.json").exists()
    assert not (out / FOLDER / "link.json").is_symlink()


def test_a_folder_of_requests_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/1.json").write_text('{"ask": "stop"}')
    out = tmp_path / "run"
    with during(out, {2: lambda run: (run / FOLDER).symlink_to(tmp_path / "elsewhere")}):
        train(recipe(), out=out)
    assert (tmp_path / "elsewhere/1.json").exists()


def test_a_request_stops_the_run_like_a_signal(tmp_path: Path) -> None:
    with pytest.raises(
        Stopped, match="stopped at step 5, checkpoint saved; continue with: ganbench resume"
    ) as error:
        train_with(tmp_path / "run", {5: stop})
    assert error.value.signal == 15
    run = Run(tmp_path / "run")
    assert run.checkpoint_steps()[0] == 5
    assert list_requests(run.path) == []
    stop(run.path)  # of somebody who did not see that it had ended
    assert resume(run.path).checkpoint_steps()[0] == STEPS


def test_a_stop_and_a_change_together_stop_now_and_change_later(whole: Run, tmp_path: Path) -> None:
    def both(run: Path) -> None:
        change(CHANGES)(run)
        stop(run)

    with pytest.raises(Stopped):
        train_with(tmp_path / "run", {6: both})
    run = Run(tmp_path / "run")
    assert "changes" not in run.meta
    assert final_state(resume(run.path)) == final_state(whole)


def test_a_change_during_warmup_keeps_the_factor(tmp_path: Path) -> None:
    rates: list[float] = []
    out, set_rates = tmp_path / "run", Trainer._set_learning_rates

    def note(trainer: Trainer) -> None:
        set_rates(trainer)
        if out.exists() and len(rates) <= trainer.step:
            rates.append(trainer.optimizers["G"].param_groups[0]["lr"])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "_set_learning_rates", note)
        start = recipe(**{"schedule.warmup": 8, "schedule.learning_rate": Spec(Constant), RATE: 0.5})
        train_with(out, {3: change({RATE: 1.0})}, start)
    assert rates[:10] == pytest.approx([1 / 16, 2 / 16, 3 / 16, 4 / 8, 5 / 8, 6 / 8, 7 / 8, 1, 1, 1])


def test_more_steps_are_a_change_like_any_other(tmp_path: Path) -> None:
    falling = recipe(**{"schedule.learning_rate": Spec(Linear)})
    console = Messages()
    run = train_with(tmp_path / "run", {6: change({"schedule.steps": 16})}, falling, console=console)
    assert run.checkpoint_steps()[0] == 16
    assert "16 steps instead of 12 stretch what goes by a share of the run; at step 6" in "".join(
        console.warnings
    )
    with pytest.raises(Killed):
        train_with(tmp_path / "other", {6: change({"schedule.steps": 16}), 7: kill}, falling)
    other = Run(tmp_path / "other")
    shutil.rmtree(other.checkpoints / "step-00000006")
    assert final_state(resume(other.path), 16) == final_state(run, 16)


def test_a_new_plan_replaces_the_later_one_of_a_run_that_goes_on_from_before_it(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        train_with(tmp_path / "run", {6: change({"schedule.steps": 16, RATE: 0.5}), 7: kill})
    run = Run(tmp_path / "run")
    shutil.rmtree(run.checkpoints / "step-00000006")
    resume(run.path, steps=10)
    assert run.checkpoint_steps()[0] == 10
    first = setting(recipe(), RATE)
    assert changes_of(run) == [(4, "schedule.steps", 12, 10), (6, RATE, first, 0.5)]
    assert [entry["key"] for entry in run.meta["changes"]] == ["schedule.steps", RATE]
    assert (run.recipe().schedule.steps, setting(run.recipe(), RATE)) == (10, 0.5)


def test_a_request_before_the_first_checkpoint_changes_the_whole_run(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        train_with(tmp_path / "run", {2: kill})
    run = Run(tmp_path / "run")
    write_request(run.path, Request("change", {RATE: 0.01}))
    resume(run.path)
    assert "changes" not in run.meta, "the recipe says it all"
    assert [step for step, *_ in changes_of(run)] == [0]
    other = train(recipe(**{RATE: 0.01}), out=tmp_path / "other")
    ours, theirs = final_state(run), final_state(other)
    del ours["events"], theirs["events"]
    assert ours == theirs


def test_a_change_that_only_building_the_run_refutes_is_refused(tmp_path: Path) -> None:
    console = Messages()
    start = recipe(**{"schedule.evaluate_metrics": ("fd",), "schedule.evaluate_samples": 4})
    run = train_with(tmp_path / "run", {6: change({"schedule.evaluate_every": 4})}, start, console=console)
    assert any("or set schedule.evaluate_every=0" in warning for warning in console.warnings)
    assert run.recipe().schedule.evaluate_every == 0
    assert run.checkpoint_steps()[0] == STEPS
    write_request(run.path, Request("change", {"schedule.evaluate_every": 4, "schedule.steps": 14}))
    console = Messages()
    assert resume(run.path, steps=13, console=console).checkpoint_steps()[0] == 13
    assert any("or set schedule.evaluate_every=0" in warning for warning in console.warnings)
    assert list_requests(run.path) == []


def test_a_damaged_history_is_refused(whole: Run, tmp_path: Path) -> None:
    path = tmp_path / "run"
    shutil.copytree(whole.path, path)
    meta = json.loads((path / "meta.json").read_text())
    del meta["sha256"]
    (path / "meta.json").write_text(json.dumps({**meta, "changes": [{"step": "x"}]}))
    with pytest.raises(UserError, match="its history of changes cannot be read"):
        resume(path)
