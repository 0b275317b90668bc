"""``ganbench study`` and ``ganbench compare`` in real processes, one of which is killed."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from PIL import Image
from tests.support.command_line import CommandLine
from tests.support.training import read_files

from ganbench.runs.run import Run
from ganbench.utils.files import read_json

SETTINGS = [
    *("schedule.steps=20", "schedule.batch=8", "schedule.log_every=5", "schedule.sample_every=10"),
    *("schedule.samples=4", "schedule.checkpoint_every=5", "schedule.evaluate_every=10"),
    *("schedule.evaluate_samples=250", "data.points=5", "networks.G.width=8", "networks.D.width=8"),
]
DIVERGES = "extends: gan-ring8\noptimizers: {D: {lr: 1e30}, G: {lr: 1e30}}\n"


@pytest.fixture(scope="module")
def finished_study(cli: CommandLine, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str], str]:
    """A study of two recipes and a diverging one, killed halfway and continued: its path, command and output."""
    folder = tmp_path_factory.mktemp("studies")
    (folder / "diverges.yaml").write_text(DIVERGES)
    path = folder / "study"
    recipes = ["gan-ring8", "gan-r1-ring8", str(folder / "diverges.yaml")]
    command = [
        "study",
        *recipes,
        "--seeds",
        "1",
        "--budget",
        "laptop",
        "--n",
        "250",
        "--out",
        str(path),
        *SETTINGS,
    ]
    killed = cli.start(*command)
    saved = path / "runs" / "gan-ring8-seed0" / "checkpoints"
    end = time.monotonic() + 120
    while not list(saved.glob("step-*")):
        assert time.monotonic() < end, killed.err
        time.sleep(0.01)
    killed.kill()
    killed.wait()
    assert not list((path / "results").glob("gan-ring8*"))
    code, out, err = cli.run(*command, fork_workers=True)
    assert code == 0, err
    assert out.endswith(f"{path}\n")
    return path, command, out + err


@pytest.mark.slow
def test_a_killed_study_is_continued(finished_study: tuple[Path, list[str], str]) -> None:
    path, _, output = finished_study
    for name in ("gan-ring8", "gan-r1-ring8"):
        run = Run(path / "runs" / f"{name}-seed0")
        assert run.checkpoint_steps()[0] == 20
        assert [e["step"] for e in run.events.read("scalars")] == [5, 10, 15, 20]
        assert run.meta["machine"]["threads"] == 1
        (score,) = json.loads((path / "results" / f"{name}-seed0.json").read_text())["scores"]
        assert score["measured"]["generator"].items() >= {"step": 20, "seed": 1}.items()
        assert [read_json(p) for p in run.eval.glob("*.json")] == [score]
        assert f"{name} seed 0: modes {score['value']:.4g}, " in output
        assert f"\n  {name} " in output


@pytest.mark.slow
def test_a_diverged_run_is_in_the_table(finished_study: tuple[Path, list[str], str]) -> None:
    path, _, output = finished_study
    assert "diverges seed 0 failed after step 0: the run failed: '" in output
    failed = json.loads((path / "results" / "diverges-seed0.json").read_text())["failed"]
    assert failed["code"] == 3
    assert "diverged" in failed["said"][-1]
    assert "| diverges | 0, 1 failed | - |" in (path / "table.md").read_text()
    assert "1 seed is too few to compare" in output


@pytest.mark.slow
def test_figures(finished_study: tuple[Path, list[str], str]) -> None:
    for name in ("curves.png", "panels.png", "study.png"):
        with Image.open(finished_study[0] / name) as picture:
            assert min(picture.size) > 150
        assert (finished_study[0] / name).stat().st_size < 300_000


@pytest.mark.slow
def test_a_finished_study_only_prints_its_results(
    finished_study: tuple[Path, list[str], str], cli: CommandLine
) -> None:
    path, command, _ = finished_study
    before = read_files(path / "runs")
    code, out, err = cli.run(*command, "--json")
    assert (code, err) == (0, "")
    assert [s["recipe"] for s in json.loads(out)["summary"]][-1] == "diverges"
    assert read_files(path / "runs") == before


@pytest.mark.slow
def test_compare_a_study_and_runs(finished_study: tuple[Path, list[str], str], cli: CommandLine) -> None:
    path = finished_study[0]
    pair = ("gan-r1-ring8", "gan-ring8")
    for sources in ([path, *pair], [path], [path / "runs" / f"{name}-seed0" for name in pair]):
        code, out, err = cli.run("compare", *sources)
        assert (code, err) == (0, "")
        assert "gan-ring8" in out
        assert "1 seed is too few to compare" in out
    code, out, _ = cli.run("compare", path, *pair, "--by", "high_quality", "--json")
    (comparison,) = json.loads(out)["comparisons"]
    assert (comparison["a"], comparison["b"], comparison["pairs"]) == (*pair, 1)


@pytest.mark.slow
def test_mistakes(finished_study: tuple[Path, list[str], str], cli: CommandLine, tmp_path: Path) -> None:
    path, command, _ = finished_study
    larger_batch = tuple(word.replace("schedule.batch=8", "schedule.batch=16") for word in command)
    mistakes = {
        ("compare", str(path), "gan-ring8"): "after a study, name two of its recipes",
        ("compare", str(path), "gan-ring8", "gan-ring9"): "did you mean",
        ("compare", str(path), "gan-ring8", "diverges"): "have no finished seed in common",
        ("compare", str(tmp_path / "none")): "is not a study; name at least two runs",
        ("study",): "name at least one recipe",
        ("study", "gan-ring8", "--out", str(tmp_path / "new"), "--jobs", "0"): "--jobs",
        ("study", "gan-ring8", "schedule.stepps=3", "--out", str(tmp_path / "new")): "did you mean",
        larger_batch: "overrides.schedule.batch was 8, now 16",
    }
    before = read_files(path)
    for arguments, message in mistakes.items():
        code, out, err = cli.run(*arguments)
        assert (code, out) == (2, ""), (arguments, err)
        assert message in err
        assert err.startswith("error: ")
        assert err.count("\n") == 1
    assert read_files(path) == before
    assert not list(tmp_path.iterdir())


def test_help(cli: CommandLine) -> None:
    for command in ("study", "compare"):
        code, out, _ = cli.run(command, "--help", env={"COLUMNS": "120", **os.environ})
        assert code == 0
        assert "Usage" in out
