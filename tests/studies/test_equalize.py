"""Recipes trained for as many images, or as much CPU time, as the first one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.studies.conftest import StubStudy

from ganbench.errors import UserError
from ganbench.studies.equalize import equalize
from ganbench.studies.plan import Plan, make_plan
from ganbench.studies.study import study

BOTH = ("gan-ring8", "gan-r1-ring8")


@pytest.fixture
def half(tmp_path: Path) -> str:
    """A recipe with a batch of 96 in place of 256."""
    (tmp_path / "half.yaml").write_text("extends: gan-ring8\nschedule: {batch: 96}\n")
    return str(tmp_path / "half.yaml")


def plan(*recipes: str, steps: int = 10) -> Plan:
    return make_plan(recipes, seeds=1, budget="laptop", overrides={"schedule.steps": steps})


def steps(plan: Plan) -> dict[str, int]:
    return {label: plan.steps(label) for label in plan.recipes}


def test_as_many_images_rounded_up_to_whole_steps(half: str) -> None:
    result = equalize(plan("gan-ring8", half), "images", None)
    assert steps(result) == {"gan-ring8": 10, "half": 27}  # 2560 / 96 = 26.7
    assert result.equal == {"by": "images", "target": 2560.0, "costs": {"gan-ring8": 256.0, "half": 96.0}}


def test_as_much_cpu_time(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = {"gan-ring8": [0.3, 0.2, 0.2], "gan-r1-ring8": [0.5, 0.7, 0.6]}
    monkeypatch.setattr("ganbench.studies.equalize._cpu_seconds", lambda label, _: seconds[label].pop())
    result = equalize(plan(*BOTH), "cpu-time", None)
    assert steps(result) == {"gan-ring8": 10, "gan-r1-ring8": 4}
    assert result.equal["costs"] == {"gan-ring8": 0.2, "gan-r1-ring8": 0.5}


def test_a_costly_recipe_takes_fewer_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganbench.studies.equalize._SECONDS", 0.1)
    result = equalize(plan("gan-ring8", "wgan-gp-ring8", steps=1000), "cpu-time", None)
    assert steps(result)["gan-ring8"] == 1000
    assert 200 < steps(result)["wgan-gp-ring8"] < 950  # the penalty differentiates twice


def test_a_gpu_has_no_cpu_time(monkeypatch: pytest.MonkeyPatch) -> None:
    class Engine:
        def __init__(self, _: Any) -> None:
            self.device = type("device", (), {"type": "cuda"})

        def __enter__(self) -> Engine:
            return self

        def __exit__(self, *_: object) -> None: ...

    monkeypatch.setattr("ganbench.studies.equalize.Engine", Engine)
    with pytest.raises(UserError, match="measures the CPU, but 'gan-ring8' trains on cuda"):
        equalize(plan("gan-ring8"), "cpu-time", None)


def test_a_study_keeps_its_target(stub_study: StubStudy, half: str) -> None:
    stub_study.run("gan-ring8", seeds=1, equalize="images")
    result = stub_study.run(half, seeds=1, equalize="images")
    assert [(row.recipe, row.step) for row in result.rows()] == [("gan-ring8", 10), ("half", 27)]
    stored = json.loads((result.path / "study.json").read_text())["equal"]
    assert stored["costs"] == {"gan-ring8": 256.0, "half": 96.0}
    assert json.loads((result.path / "table.json").read_text())["equal"] == stored
    stub_study.run("gan-ring8", half, seeds=1, equalize="images")
    study(out=result.path)
    assert stub_study.calls() == []


def test_mistakes(stub_study: StubStudy, half: str) -> None:
    with pytest.raises(UserError, match="--equalize takes images or cpu-time, not 'epochs'"):
        stub_study.run("gan-ring8", equalize="epochs")
    assert not stub_study.path.exists()
    stub_study.run("gan-ring8", half, seeds=1, equalize="images")
    with pytest.raises(UserError, match='equalize was "images"'):
        stub_study.run("gan-ring8", half, seeds=1)
    with pytest.raises(UserError, match="name the recipes again"):
        study(out=stub_study.path, equalize="images")
