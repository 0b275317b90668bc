"""A study from its first run to its tables, with processes that are stand-ins."""

from __future__ import annotations

import csv
import json
import os
import signal
import threading
import time
from pathlib import Path

import pytest
from PIL import Image
from tests.studies.conftest import Played
from tests.support.tiny import contents

from ganbench.errors import RunError, Stopped, UserError
from ganbench.studies.study import Study, study
from ganbench.utils.console import Silent
from ganbench.utils.file_lock import only_one

BOTH = ("gan-ring8", "gan-r1-ring8")
ALL = [f"{name}-seed{seed}" for name in BOTH for seed in range(2)]


class Heard(Silent):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


def test_every_run_is_trained_and_scored_once(played: Played) -> None:
    heard = Heard()
    made = played.play(jobs=1, console=heard)
    assert played.did() == sorted([f"{c} {run}" for c in ("train", "evaluate") for run in ALL])
    assert [row.status for row in made.rows()] == ["finished"] * 4
    assert [(r.recipe, r.seed, r.step, r.seconds) for r in made.rows()][:2] == [
        ("gan-ring8", 0, 10, 3.0),
        ("gan-ring8", 1, 10, 3.0),
    ]
    assert [note.split(":")[0] for note in heard.notes] == [
        "gan-ring8 seed 0", "gan-r1-ring8 seed 0", "gan-ring8 seed 1", "gan-r1-ring8 seed 1",
    ]  # fmt: skip
    assert "modes 8" in heard.notes[0]
    assert "[1 of 4 runs done, about 0:0" in heard.notes[0]
    assert heard.notes[-1].endswith("[4 of 4 runs done]")


def test_the_commands_pin_threads_and_say_how_to_score(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ganbench.studies.task.cores", lambda: 4)
    played.play("gan-ring8", seeds=1, jobs=1)
    train, evaluate = played.calls()
    run = str(played.path / "runs" / "gan-ring8-seed0")
    recipe = str(played.path / "recipes" / "gan-ring8.json")
    assert train == {
        "command": ["train", recipe, "machine.threads=1", "--seed", "0", "--out", run],
        "threads": "1",  # as many as the recipe asks for, though there are 4 cores
    }
    how = ["--json", "--step", "10", "--threads", "1", "--n", "250"]
    assert evaluate == {"command": ["evaluate", run, *how], "threads": "1"}


def test_what_is_finished_is_not_done_again(played: Played) -> None:
    made = played.play()
    before = {k: v for k, v in contents(made.path).items() if not k.endswith(".png")}
    again = played.play()
    assert played.calls() == []
    assert {k: v for k, v in contents(again.path).items() if not k.endswith(".png")} == before


def test_more_seeds_and_recipes_add_to_it(played: Played) -> None:
    played.play("gan-ring8", seeds=1)
    assert played.did() == ["evaluate gan-ring8-seed0", "train gan-ring8-seed0"]
    played.play("gan-r1-ring8", seeds=1)
    assert played.did() == ["evaluate gan-r1-ring8-seed0", "train gan-r1-ring8-seed0"]
    made = study(seeds=2, out=played.path)
    assert {row.status for row in made.rows()} == {"finished"}
    assert len(made.rows()) == 4
    assert len(study(out=played.path).rows()) == 4


def test_a_killed_child_is_cut_and_goes_on(played: Played) -> None:
    with pytest.raises(RunError, match=f"gan-ring8 seed 1; go on with: ganbench study --out {played.path}"):
        played.play(todo={"gan-ring8-seed1": "killed"})
    rows = {f"{r.recipe}-seed{r.seed}": (r.status, r.step) for r in Study(played.path).rows()}
    assert rows == {name: ("cut", 5) if name == "gan-ring8-seed1" else ("finished", 10) for name in ALL}
    assert json.loads((played.path / "table.json").read_text())["summary"]
    made = played.play()
    assert played.did() == ["evaluate gan-ring8-seed1", "resume gan-ring8-seed1"]
    assert {row.status for row in made.rows()} == {"finished"}


def test_a_failure_is_a_result(played: Played) -> None:
    todo = {"gan-r1-ring8-seed0": "fail", "gan-ring8-seed1": "unscored"}
    made = played.play(todo=todo)
    rows = {f"{r.recipe}-seed{r.seed}": r for r in made.rows()}
    failed = rows["gan-r1-ring8-seed0"]
    assert (failed.status, failed.step) == ("failed", 5)
    assert failed.error == "the run failed: 'gan-r1-ring8-seed0' diverged"
    record = json.loads((made.path / "results" / "gan-r1-ring8-seed0.json").read_text())["failed"]
    assert record["code"] == 3
    assert record["said"] == ["step 5", failed.error]
    assert record["command"].startswith("ganbench train ")
    assert (rows["gan-ring8-seed1"].status, rows["gan-ring8-seed1"].error) == ("failed", "error: no score")
    assert {s.recipe: (s.finished, s.failed) for s in made.summaries()} == dict.fromkeys(BOTH, (1, 1))
    assert "1, 1 failed" in made.markdown()
    assert played.play(todo=todo).rows() == made.rows()
    assert played.calls() == []
    again = played.play(retry_failed=True)
    assert played.did() == [
        "evaluate gan-r1-ring8-seed0", "evaluate gan-ring8-seed1", "resume gan-r1-ring8-seed0",
    ]  # fmt: skip
    assert {row.status for row in again.rows()} == {"finished"}


def test_when_all_fail_the_study_fails(played: Played) -> None:
    with pytest.raises(RunError, match=r"all 1 runs failed, the first with: .* diverged .*--retry-failed"):
        played.play("gan-ring8", seeds=1, todo={"gan-ring8-seed0": "fail"})
    assert Study(played.path).rows()[0].status == "failed"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_stopped_its_processes_stop_too_and_it_goes_on(played: Played, number: signal.Signals) -> None:
    checkpoint = played.path / "runs" / "gan-r1-ring8-seed0" / "checkpoints" / "step-00000005"
    results = played.path / "results" / "gan-ring8-seed0.json"

    def ask_to_stop() -> None:
        while not checkpoint.exists() or not results.exists():
            time.sleep(0.01)
        time.sleep(0.3)  # until it has a handler
        os.kill(os.getpid(), number)

    helper = threading.Thread(target=ask_to_stop, daemon=True)
    helper.start()
    with pytest.raises(
        Stopped, match=f"stopped with 1 of 2 runs done.*ganbench study --out {played.path}"
    ) as stop:
        played.play(todo={"gan-r1-ring8-seed0": "stay"}, seeds=1, jobs=2)
    assert stop.value.signal == number
    helper.join()
    assert [(r.recipe, r.status) for r in Study(played.path).rows()] == [
        ("gan-ring8", "finished"),
        ("gan-r1-ring8", "cut"),
    ]
    played.play(seeds=1)
    assert played.did() == ["evaluate gan-r1-ring8-seed0", "resume gan-r1-ring8-seed0"]


def test_tables_and_pictures(played: Played) -> None:
    played.draw()
    made = played.play(todo={"gan-ring8-seed0": 3, "gan-ring8-seed1": 5, "gan-ring8-seed2": 4}, seeds=3)
    with (made.path / "table.csv").open() as file:
        runs = list(csv.DictReader(file))
    assert [(r["recipe"], r["seed"], r["modes"], r["high_quality"]) for r in runs[:3]] == [
        ("gan-ring8", "0", "3.0", "0.3"),
        ("gan-ring8", "1", "5.0", "0.5"),
        ("gan-ring8", "2", "4.0", "0.4"),
    ]
    assert runs[0]["modes.modes"] == "8.0"  # a number that has the name of the score
    with (made.path / "summary.csv").open() as file:
        best, other = csv.DictReader(file)
    assert (best["recipe"], other["recipe"]) == ("gan-r1-ring8", "gan-ring8")
    assert (other["mean"], other["worst"], other["finished"]) == ("4.0", "3.0", "3")
    assert float(other["high_quality_min"]) == 0.3
    table = json.loads((made.path / "table.json").read_text())
    assert table["runs"][0]["scores"][0]["measured"]["samples"] == 2500
    (comparison,) = table["comparisons"]
    assert (comparison["a"], comparison["b"], comparison["difference"]) == ("gan-r1-ring8", "gan-ring8", 4.0)
    assert comparison["resolved"]
    assert made.compare("gan-ring8", "gan-r1-ring8").difference == -4.0
    assert made.compare("gan-ring8", "gan-r1-ring8", by="high_quality").difference == pytest.approx(-0.4)
    assert (made.path / "table.md").read_text() == made.markdown()
    for name in ("curves.png", "panels.png", "study.png"):
        with Image.open(made.path / name) as picture:
            assert min(picture.size) > 150


# --- what is refused -------------------------------------------------------------------------------------------------


def test_another_study_in_the_same_folder(played: Played) -> None:
    made = played.play("gan-ring8", seeds=1)
    before = contents(made.path)
    changes = {"schedule.steps": 20, "data.points": 5}
    with pytest.raises(UserError, match=r"is another study: overrides.schedule.steps was 10, now 20; give"):
        played.play("gan-ring8", overrides=changes)
    with pytest.raises(UserError, match='budget was "laptop", now "reference"; n was 250, now 300'):
        played.play("gan-r1-ring8", n=300, budget="reference")
    with pytest.raises(UserError, match=r"metrics was \[\], now \[.modes.\]"):
        study(out=played.path, metrics=["modes"])
    assert contents(made.path) == before
    assert played.calls() == []


def test_a_recipe_that_has_changed(played: Played) -> None:
    made = played.play("gan-ring8", seeds=1)
    path = made.path / "recipes" / "gan-ring8.json"
    path.write_text(path.read_text().replace('"batch": 256', '"batch": 128'))
    with pytest.raises(UserError, match=r"has another recipe 'gan-ring8': schedule.batch was 128, now 256"):
        played.play("gan-ring8", seeds=1)
    with pytest.raises(
        UserError, match=r"gan-ring8-seed0 is another run .*schedule.batch there 256, in the study 128"
    ):
        study(out=played.path)


def test_a_run_folder_of_another_seed(played: Played) -> None:
    made = played.play("gan-ring8", seeds=1)
    (made.path / "runs" / "gan-ring8-seed0").rename(made.path / "runs" / "gan-ring8-seed1")
    with pytest.raises(
        UserError, match="gan-ring8-seed1 is another run than the study's: seed there 0, in the study 1"
    ):
        played.play("gan-ring8", seeds=2)


def test_scores_measured_differently(played: Played) -> None:
    made = played.play("gan-ring8")
    path = made.path / "results" / "gan-ring8-seed1.json"
    path.write_text(path.read_text().replace("2500", "5000"))
    said = r"gan-ring8 seed 0 and gan-ring8 seed 1 were measured differently \(samples differ\)"
    for act in (made.summaries, made.write_tables, lambda: played.play("gan-ring8")):
        with pytest.raises(UserError, match=said):
            act()


def test_recipes_on_different_data(played: Played) -> None:
    with pytest.raises(
        UserError, match=r"'gan-ring8' is trained on .* ring8 .*'gan-grid25' on grid25 .* one table"
    ):
        played.play("gan-ring8", "gan-grid25")
    assert not played.path.exists()


def test_batches_of_fresh_points_are_the_same_data_set(played: Played, tmp_path: Path) -> None:
    (tmp_path / "fresh.yaml").write_text("extends: gan-ring8\ndata: {fresh: true}\n")
    made = played.play("gan-ring8", str(tmp_path / "fresh.yaml"), seeds=1)
    assert list(made.plan.recipes) == ["gan-ring8", "fresh"]


def test_mistakes_leave_no_folder(played: Played) -> None:
    with pytest.raises(UserError, match="did you mean 'gan-ring8'"):
        played.play("gan-ring9")
    with pytest.raises(UserError, match="two recipes are called 'gan-ring8'"):
        played.play("gan-ring8", "gan-ring8")
    with pytest.raises(UserError, match="at least 1 seed, not 0"):
        played.play(seeds=0)
    with pytest.raises(UserError, match="jobs must be at least 1, not 0"):
        played.play(jobs=0)
    with pytest.raises(UserError, match="at least 250 samples, not 20"):
        played.play(n=20)
    with pytest.raises(UserError, match="did you mean 'modes'"):
        played.play(metrics=["mode"])
    with pytest.raises(UserError, match="name at least one recipe"):
        study()
    with pytest.raises(UserError, match="does not exist; `ganbench study RECIPE"):
        study(out=played.path)
    assert not played.path.exists()
    played.path.mkdir()
    (played.path / "notes.txt").touch()
    with pytest.raises(UserError, match="exists and is not a study"):
        played.play()


def test_one_process_at_a_time(played: Played) -> None:
    played.play("gan-ring8", seeds=1)
    with (
        only_one(played.path, "the study", "busy"),
        pytest.raises(UserError, match=f"another process is at work on {played.path}"),
    ):
        played.play("gan-ring8", seeds=2)
    assert played.calls() == []


def test_a_study_killed_before_it_was_written_down_begins_again(played: Played) -> None:
    (played.path / "recipes").mkdir(parents=True)
    (played.path / ".lock").touch()
    assert played.play("gan-ring8", seeds=1).rows()[0].status == "finished"


def test_a_run_that_a_killed_study_left_at_work_is_waited_for(played: Played) -> None:
    with pytest.raises(RunError):
        played.play("gan-ring8", seeds=1, todo={"gan-ring8-seed0": "killed"})
    held = only_one(played.path / "runs" / "gan-ring8-seed0", "the run", "busy")
    begun_before: list[str] = []

    def let_go() -> None:
        begun_before.extend(played.did())
        held.__exit__(None, None, None)

    held.__enter__()
    threading.Timer(0.5, let_go).start()
    played.play("gan-ring8", seeds=1)
    assert begun_before == []
    assert played.did() == ["evaluate gan-ring8-seed0", "resume gan-ring8-seed0"]
