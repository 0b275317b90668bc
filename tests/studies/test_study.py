"""A study from its first run to its tables, with stub worker processes."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import threading
import time
from pathlib import Path

import pytest
from PIL import Image
from tests.studies.conftest import StubStudy
from tests.support.edit import edit_json
from tests.support.training import read_files

from ganbench.errors import RunError, Stopped, UserError
from ganbench.studies.study import Study, study
from ganbench.utils.console import SilentConsole
from ganbench.utils.file_lock import exclusive_lock

BOTH = ("gan-ring8", "gan-r1-ring8")
ALL = [f"{name}-seed{seed}" for name in BOTH for seed in range(2)]


class RecordingConsole(SilentConsole):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


def test_every_run_is_trained_and_scored_once(stub_study: StubStudy) -> None:
    console = RecordingConsole()
    result = stub_study.run(jobs=1, console=console)
    assert stub_study.commands() == sorted([f"{c} {run}" for c in ("train", "evaluate") for run in ALL])
    assert [row.status for row in result.rows()] == ["finished"] * 4
    assert [(r.recipe, r.seed, r.step, r.seconds) for r in result.rows()][:2] == [
        ("gan-ring8", 0, 10, 3.0),
        ("gan-ring8", 1, 10, 3.0),
    ]
    assert [note.split(":")[0] for note in console.notes] == [
        "gan-ring8 seed 0", "gan-r1-ring8 seed 0", "gan-ring8 seed 1", "gan-r1-ring8 seed 1",
    ]  # fmt: skip
    assert "modes 8" in console.notes[0]
    assert "[1 of 4 runs done, about 0:0" in console.notes[0]
    assert console.notes[-1].endswith("[4 of 4 runs done]")


def test_commands_set_threads_and_scoring_options(
    stub_study: StubStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ganbench.studies.backends.local.usable_cores", lambda: 4)
    stub_study.run("gan-ring8", seeds=1, jobs=1)
    train, evaluate = stub_study.calls()
    run = str(stub_study.path / "runs" / "gan-ring8-seed0")
    recipe = str(stub_study.path / "recipes" / "gan-ring8.json")
    assert train == {
        "command": ["train", recipe, "machine.threads=1", "--seed", "0", "--out", run],
        "threads": "1",  # as many as the recipe asks for, though there are 4 cores
    }
    how = ["--json", "--step", "10", "--threads", "1", "--n", "250"]
    assert evaluate == {"command": ["evaluate", run, *how], "threads": "1"}


def test_finished_runs_are_not_repeated(stub_study: StubStudy) -> None:
    result = stub_study.run()
    before = {k: v for k, v in read_files(result.path).items() if not k.endswith(".png")}
    again = stub_study.run()
    assert stub_study.calls() == []
    assert {k: v for k, v in read_files(again.path).items() if not k.endswith(".png")} == before


def test_more_seeds_and_recipes_extend_a_study(stub_study: StubStudy) -> None:
    stub_study.run("gan-ring8", seeds=1)
    assert stub_study.commands() == ["evaluate gan-ring8-seed0", "train gan-ring8-seed0"]
    stub_study.run("gan-r1-ring8", seeds=1)
    assert stub_study.commands() == ["evaluate gan-r1-ring8-seed0", "train gan-r1-ring8-seed0"]
    result = study(seeds=2, out=stub_study.path)
    assert {row.status for row in result.rows()} == {"finished"}
    assert len(result.rows()) == 4
    assert len(study(out=stub_study.path).rows()) == 4


def test_a_killed_run_resumes(stub_study: StubStudy) -> None:
    with pytest.raises(
        RunError, match=f"gan-ring8 seed 1 .*; continue with: ganbench study --out {stub_study.path}"
    ):
        stub_study.run(behaviour={"gan-ring8-seed1": "killed"})
    rows = {f"{r.recipe}-seed{r.seed}": (r.status, r.step) for r in Study(stub_study.path).rows()}
    assert rows == {name: ("cut", 5) if name == "gan-ring8-seed1" else ("finished", 10) for name in ALL}
    assert json.loads((stub_study.path / "table.json").read_text())["summary"]
    result = stub_study.run()
    assert stub_study.commands() == ["evaluate gan-ring8-seed1", "resume gan-ring8-seed1"]
    assert {row.status for row in result.rows()} == {"finished"}


def test_a_failure_is_a_result(stub_study: StubStudy) -> None:
    behaviour = {"gan-r1-ring8-seed0": "fail", "gan-ring8-seed1": "unscored"}
    result = stub_study.run(behaviour=behaviour)
    rows = {f"{r.recipe}-seed{r.seed}": r for r in result.rows()}
    failed = rows["gan-r1-ring8-seed0"]
    assert (failed.status, failed.step) == ("failed", 5)
    assert failed.error == "the run failed: 'gan-r1-ring8-seed0' diverged"
    record = json.loads((result.path / "results" / "gan-r1-ring8-seed0.json").read_text())["failed"]
    assert record["code"] == 3
    assert record["said"] == ["step 5", failed.error]
    assert record["command"].startswith("ganbench train ")
    assert (rows["gan-ring8-seed1"].status, rows["gan-ring8-seed1"].error) == ("failed", "error: no score")
    assert {s.recipe: (s.finished, s.failed) for s in result.summaries()} == dict.fromkeys(BOTH, (1, 1))
    assert "1, 1 failed" in result.markdown()
    assert stub_study.run(behaviour=behaviour).rows() == result.rows()
    assert stub_study.calls() == []
    again = stub_study.run(retry_failed=True)
    assert stub_study.commands() == [
        "evaluate gan-r1-ring8-seed0", "evaluate gan-ring8-seed1", "resume gan-r1-ring8-seed0",
    ]  # fmt: skip
    assert {row.status for row in again.rows()} == {"finished"}


def test_a_study_fails_if_all_runs_fail(stub_study: StubStudy) -> None:
    with pytest.raises(RunError, match=r"all 1 runs failed, the first with: .* diverged .*--retry-failed"):
        stub_study.run("gan-ring8", seeds=1, behaviour={"gan-ring8-seed0": "fail"})
    assert Study(stub_study.path).rows()[0].status == "failed"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_stopped_study_stops_its_processes_and_resumes(
    stub_study: StubStudy, number: signal.Signals
) -> None:
    checkpoint = stub_study.path / "runs" / "gan-r1-ring8-seed0" / "checkpoints" / "step-00000005"
    results = stub_study.path / "results" / "gan-ring8-seed0.json"

    def ask_to_stop() -> None:
        while not checkpoint.exists() or not results.exists():
            time.sleep(0.01)
        time.sleep(0.3)  # until the process has installed its signal handler
        os.kill(os.getpid(), number)

    helper = threading.Thread(target=ask_to_stop, daemon=True)
    helper.start()
    with pytest.raises(
        Stopped, match=f"stopped with 1 of 2 runs done.*ganbench study --out {stub_study.path}"
    ) as stop:
        stub_study.run(behaviour={"gan-r1-ring8-seed0": "stay"}, seeds=1, jobs=2)
    assert stop.value.signal == number
    helper.join()
    assert [(r.recipe, r.status) for r in Study(stub_study.path).rows()] == [
        ("gan-ring8", "finished"),
        ("gan-r1-ring8", "cut"),
    ]
    stub_study.run(seeds=1)
    assert stub_study.commands() == ["evaluate gan-r1-ring8-seed0", "resume gan-r1-ring8-seed0"]


def test_tables_and_pictures(stub_study: StubStudy) -> None:
    stub_study.enable_figures()
    result = stub_study.run(
        behaviour={"gan-ring8-seed0": 3, "gan-ring8-seed1": 5, "gan-ring8-seed2": 4}, seeds=3
    )
    with (result.path / "table.csv").open() as file:
        runs = list(csv.DictReader(file))
    assert [(r["recipe"], r["seed"], r["modes"], r["high_quality"]) for r in runs[:3]] == [
        ("gan-ring8", "0", "3.0", "0.3"),
        ("gan-ring8", "1", "5.0", "0.5"),
        ("gan-ring8", "2", "4.0", "0.4"),
    ]
    assert runs[0]["modes.modes"] == "8.0"  # a detail with the name of the score
    with (result.path / "summary.csv").open() as file:
        best, other = csv.DictReader(file)
    assert (best["recipe"], other["recipe"]) == ("gan-r1-ring8", "gan-ring8")
    assert (other["mean"], other["worst"], other["finished"]) == ("4.0", "3.0", "3")
    assert float(other["high_quality_min"]) == 0.3
    table = json.loads((result.path / "table.json").read_text())
    assert table["runs"][0]["scores"][0]["measured"]["samples"] == 2500
    (comparison,) = table["comparisons"]
    assert (comparison["a"], comparison["b"], comparison["difference"]) == ("gan-r1-ring8", "gan-ring8", 4.0)
    assert comparison["resolved"]
    assert result.compare("gan-ring8", "gan-r1-ring8").difference == -4.0
    assert result.compare("gan-ring8", "gan-r1-ring8", by="high_quality").difference == pytest.approx(-0.4)
    assert (result.path / "table.md").read_text() == result.markdown()
    for name in ("curves.png", "panels.png", "study.png"):
        with Image.open(result.path / name) as picture:
            assert min(picture.size) > 150


# --- invalid arguments -----------------------------------------------------------------------------------------------


def test_another_study_in_the_same_folder(stub_study: StubStudy) -> None:
    result = stub_study.run("gan-ring8", seeds=1)
    before = read_files(result.path)
    changes = {"schedule.steps": 20, "data.points": 5}
    with pytest.raises(
        UserError, match=r"holds a different study: overrides.schedule.steps was 10, now 20; choose"
    ):
        stub_study.run("gan-ring8", overrides=changes)
    with pytest.raises(UserError, match='budget was "laptop", now "reference"; n was 250, now 300'):
        stub_study.run("gan-r1-ring8", n=300, budget="reference")
    with pytest.raises(UserError, match=r"metrics was \[\], now \[.modes.\]"):
        study(out=stub_study.path, metrics=["modes"])
    assert read_files(result.path) == before
    assert stub_study.calls() == []


def test_a_recipe_that_has_changed(stub_study: StubStudy) -> None:
    result = stub_study.run("gan-ring8", seeds=1)
    path = result.path / "recipes" / "gan-ring8.json"
    edit_json(path, lambda recipe: recipe["schedule"].update(batch=128))
    with pytest.raises(
        UserError, match=r"holds a different recipe 'gan-ring8': schedule.batch was 128, now 256"
    ):
        stub_study.run("gan-ring8", seeds=1)
    with pytest.raises(
        UserError,
        match=r"gan-ring8-seed0 does not belong to this study: .*schedule.batch is 256, in the study 128",
    ):
        study(out=stub_study.path)


def test_a_run_folder_of_another_seed(stub_study: StubStudy) -> None:
    result = stub_study.run("gan-ring8", seeds=1)
    (result.path / "runs" / "gan-ring8-seed0").rename(result.path / "runs" / "gan-ring8-seed1")
    with pytest.raises(
        UserError, match="gan-ring8-seed1 does not belong to this study: seed is 0, in the study 1"
    ):
        stub_study.run("gan-ring8", seeds=2)


def test_scores_measured_differently(stub_study: StubStudy) -> None:
    result = stub_study.run("gan-ring8")
    path = result.path / "results" / "gan-ring8-seed1.json"
    edit_json(path, lambda result: result["scores"][0]["measured"].update(samples=5000))
    message = r"gan-ring8 seed 0 and gan-ring8 seed 1 were measured differently \(samples differ\)"
    for act in (result.summaries, result.write_tables, lambda: stub_study.run("gan-ring8")):
        with pytest.raises(UserError, match=message):
            act()


def test_a_run_that_was_changed_in_its_midst_does_not_count_for_its_recipe(stub_study: StubStudy) -> None:
    result = stub_study.run()
    change = {"step": 4, "key": "optimizers.G.lr", "old": 0.001, "new": 0.001}  # changed back since
    path = stub_study.path / "runs" / "gan-ring8-seed1"
    edit_json(path / "meta.json", lambda meta: meta.update(changes=[change]))
    rows = result.rows()
    assert [row.status for row in rows] == ["finished", "changed", "finished", "finished"]
    assert rows[1].error == "its settings were changed at step 4, so it is no run of this recipe"
    assert rows[1].scores == ()
    assert {s.recipe: s.finished for s in result.summaries()} == {"gan-ring8": 1, "gan-r1-ring8": 2}
    assert result.compare("gan-ring8", "gan-r1-ring8").pairs == 1
    stub_study.run()
    assert stub_study.commands() == [], "it is not repeated"


def test_recipes_on_different_data(stub_study: StubStudy) -> None:
    with pytest.raises(
        UserError,
        match=r"'gan-ring8' is trained on .* ring8 .*'gan-grid25' on grid25 .* one study per data set",
    ):
        stub_study.run("gan-ring8", "gan-grid25")
    assert not stub_study.path.exists()


def test_batches_of_fresh_points_are_the_same_data_set(stub_study: StubStudy, tmp_path: Path) -> None:
    (tmp_path / "fresh.yaml").write_text("extends: gan-ring8\ndata: {fresh: true}\n")
    result = stub_study.run("gan-ring8", str(tmp_path / "fresh.yaml"), seeds=1)
    assert list(result.plan.recipes) == ["gan-ring8", "fresh"]


def test_mistakes_leave_no_folder(stub_study: StubStudy) -> None:
    with pytest.raises(UserError, match="did you mean 'gan-ring8'"):
        stub_study.run("gan-ring9")
    with pytest.raises(UserError, match="two recipes have the label 'gan-ring8'"):
        stub_study.run("gan-ring8", "gan-ring8")
    with pytest.raises(UserError, match="at least 1 seed, not 0"):
        stub_study.run(seeds=0)
    with pytest.raises(UserError, match="jobs must be at least 1, not 0"):
        stub_study.run(jobs=0)
    with pytest.raises(UserError, match="at least 250 samples, not 20"):
        stub_study.run(n=20)
    with pytest.raises(UserError, match="did you mean 'modes'"):
        stub_study.run(metrics=["mode"])
    with pytest.raises(UserError, match="name at least one recipe"):
        study()
    with pytest.raises(UserError, match="does not exist; create a study with `ganbench study RECIPE"):
        study(out=stub_study.path)
    assert not stub_study.path.exists()
    stub_study.path.mkdir()
    (stub_study.path / "notes.txt").touch()
    with pytest.raises(UserError, match="exists and is not a study"):
        stub_study.run()


def test_one_process_at_a_time(stub_study: StubStudy) -> None:
    stub_study.run("gan-ring8", seeds=1)
    with (
        exclusive_lock(stub_study.path, "the study", "busy"),
        pytest.raises(UserError, match=f"another process is working on {stub_study.path}"),
    ):
        stub_study.run("gan-ring8", seeds=2)
    assert stub_study.calls() == []


def test_a_study_killed_before_its_plan_was_written_starts_over(stub_study: StubStudy) -> None:
    (stub_study.path / "recipes").mkdir(parents=True)
    (stub_study.path / ".lock").touch()
    assert stub_study.run("gan-ring8", seeds=1).rows()[0].status == "finished"


def test_a_run_of_a_killed_study_is_awaited_before_it_resumes(stub_study: StubStudy) -> None:
    with pytest.raises(RunError):
        stub_study.run("gan-ring8", seeds=1, behaviour={"gan-ring8-seed0": "killed"})
    lock = exclusive_lock(stub_study.path / "runs" / "gan-ring8-seed0", "the run", "busy")
    commands_before: list[str] = []

    def release() -> None:
        commands_before.extend(stub_study.commands())
        lock.__exit__(None, None, None)

    lock.__enter__()
    threading.Timer(0.5, release).start()
    stub_study.run("gan-ring8", seeds=1)
    assert commands_before == []
    assert stub_study.commands() == ["evaluate gan-ring8-seed0", "resume gan-ring8-seed0"]


def test_a_study_is_written_beside_the_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stub_study: StubStudy
) -> None:
    """A study that an older version has begun in its default folder is continued there."""
    monkeypatch.chdir(tmp_path)
    folders = []
    for seeds in (1, 2):
        folders.append(stub_study.run("gan-ring8", seeds=seeds, out=None).path)
    Path("studies").mkdir()
    shutil.move("runs/study-ring8-laptop", "studies/ring8-laptop")
    folders.append(stub_study.run("gan-ring8", out=None).path)
    assert folders == [*[Path("runs/study-ring8-laptop")] * 2, Path("studies/ring8-laptop")]


@pytest.mark.parametrize(
    "name", ["recipes", "results", "logs", "table.json", "curves.png", ".lock", "study.json"]
)
def test_a_link_in_a_study_is_refused_and_what_it_leads_to_stays(
    stub_study: StubStudy, tmp_path: Path, name: str
) -> None:
    result = stub_study.run("gan-ring8", seeds=1)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "gan-ring8-seed0.txt").write_text("private")
    before = read_files(outside)
    path = result.path / name
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    path.symlink_to(outside if "." not in name else outside / "gan-ring8-seed0.txt")
    for act in (
        lambda: Study(result.path),
        lambda: study(out=result.path),
        lambda: stub_study.run("gan-ring8", seeds=2),
    ):
        with pytest.raises(UserError):
            act()
    assert read_files(outside) == before


def test_a_flip_in_a_result_is_refused_by_name(stub_study: StubStudy) -> None:
    result = stub_study.run("gan-ring8", seeds=1)
    path = result.path / "results" / "gan-ring8-seed0.json"
    path.write_text(path.read_text().replace('"value": 8.0', '"value": 9.0'))
    with pytest.raises(UserError, match=r"gan-ring8-seed0.json has changed since it was written"):
        result.summaries()
