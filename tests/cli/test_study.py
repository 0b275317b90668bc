"""``ganbench study`` and ``ganbench compare`` as a person types them, with real processes, one of which is killed."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from PIL import Image
from tests.support.tiny import contents
from tests.support.warm import Warm, warm

from ganbench.runs.run import Run

__all__ = ["warm"]
SETTINGS = [
    *("schedule.steps=20", "schedule.batch=8", "schedule.log_every=5", "schedule.sample_every=10"),
    *("schedule.samples=4", "schedule.checkpoint_every=5", "schedule.evaluate_every=10"),
    *("schedule.evaluate_samples=250", "data.points=5", "networks.G.width=8", "networks.D.width=8"),
]
DIVERGES = "extends: gan-ring8\noptimizers: {D: {lr: 1e30}, G: {lr: 1e30}}\n"


@pytest.fixture(scope="module")
def done(warm: Warm, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str], str]:
    """A study of two recipes and one that diverges, killed in the middle and gone on with; its path, command, words."""
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
    killed = warm.start(*command)
    saved = path / "runs" / "gan-ring8-seed0" / "checkpoints"
    end = time.monotonic() + 120
    while not list(saved.glob("step-*")):
        assert time.monotonic() < end, killed.err
        time.sleep(0.01)
    killed.kill()
    killed.wait()
    assert not list((path / "results").glob("gan-ring8*"))
    code, out, err = warm.run(*command)
    assert code == 0, err
    assert out.endswith(f"{path}\n")
    return path, command, out + err


@pytest.mark.slow
def test_killed_and_gone_on_with(done: tuple[Path, list[str], str]) -> None:
    path, _, said = done
    for name in ("gan-ring8", "gan-r1-ring8"):
        run = Run(path / "runs" / f"{name}-seed0")
        assert run.checkpoint_steps()[0] == 20
        assert [e["step"] for e in run.events.read("scalars")] == [5, 10, 15, 20]
        assert run.meta["machine"]["threads"] == 1
        (score,) = json.loads((path / "results" / f"{name}-seed0.json").read_text())["scores"]
        assert score["measured"]["generator"].items() >= {"step": 20, "seed": 1}.items()
        assert [json.loads(p.read_text()) for p in run.eval.glob("*.json")] == [score]
        assert f"{name} seed 0: modes {score['value']:.4g}, " in said
        assert f"\n  {name} " in said


@pytest.mark.slow
def test_the_run_that_diverged_is_in_the_table(done: tuple[Path, list[str], str]) -> None:
    path, _, said = done
    assert "diverges seed 0 failed after step 0: the run failed: '" in said
    failed = json.loads((path / "results" / "diverges-seed0.json").read_text())["failed"]
    assert failed["code"] == 3
    assert "diverged" in failed["said"][-1]
    assert "| diverges | 0, 1 failed | - |" in (path / "table.md").read_text()
    assert "1 seed is too few to compare" in said


@pytest.mark.slow
def test_the_pictures(done: tuple[Path, list[str], str]) -> None:
    for name in ("curves.png", "panels.png", "study.png"):
        with Image.open(done[0] / name) as picture:
            assert min(picture.size) > 150
        assert (done[0] / name).stat().st_size < 300_000


@pytest.mark.slow
def test_again_it_only_tells(done: tuple[Path, list[str], str], warm: Warm) -> None:
    path, command, _ = done
    before = contents(path / "runs")
    code, out, err = warm.run(*command, "--json")
    assert (code, err) == (0, "")
    assert [s["recipe"] for s in json.loads(out)["summary"]][-1] == "diverges"
    assert contents(path / "runs") == before


@pytest.mark.slow
def test_compare_a_study_and_runs(done: tuple[Path, list[str], str], warm: Warm) -> None:
    path = done[0]
    pair = ("gan-r1-ring8", "gan-ring8")
    for sources in ([path, *pair], [path], [path / "runs" / f"{name}-seed0" for name in pair]):
        code, out, err = warm.run("compare", *sources)
        assert (code, err) == (0, "")
        assert "gan-ring8" in out
        assert "1 seed is too few to compare" in out
    code, out, _ = warm.run("compare", path, *pair, "--by", "high_quality", "--json")
    (one,) = json.loads(out)["comparisons"]
    assert (one["a"], one["b"], one["pairs"]) == (*pair, 1)


@pytest.mark.slow
def test_mistakes(done: tuple[Path, list[str], str], warm: Warm, tmp_path: Path) -> None:
    path, command, _ = done
    mistakes = {
        ("compare", str(path), "gan-ring8"): "after a study name two of its recipes",
        ("compare", str(path), "gan-ring8", "gan-ring9"): "did you mean",
        ("compare", str(path), "gan-ring8", "diverges"): "have no finished seed in common",
        ("compare", str(tmp_path / "none")): "is not a study; name two runs or more",
        ("study",): "name at least one recipe",
        ("study", "gan-ring8", "--out", str(tmp_path / "new"), "--jobs", "0"): "--jobs",
        ("study", "gan-ring8", "schedule.stepps=3", "--out", str(tmp_path / "new")): "did you mean",
        (*command, "schedule.batch=16"): "overrides.schedule.batch was 8, now 16",
    }
    before = contents(path)
    for arguments, message in mistakes.items():
        code, out, err = warm.run(*arguments)
        assert (code, out) == (2, ""), (arguments, err)
        assert message in err
        assert err.startswith("error: ")
        assert err.count("\n") == 1
    assert contents(path) == before
    assert not list(tmp_path.iterdir())


def test_help_names_both(warm: Warm) -> None:
    for command in ("study", "compare"):
        code, out, _ = warm.run(command, "--help", env={"COLUMNS": "120", **os.environ})
        assert code == 0
        assert "Usage" in out
