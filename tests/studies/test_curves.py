"""Which curves a study has, and their bands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ganbench.runs.run import Run
from ganbench.studies.curves import mean_and_range, study_curves


def make_run(folder: Path, events: list[tuple[str, int, dict[str, Any]]]) -> Run:
    folder.mkdir(parents=True)
    (folder / "recipe.json").write_text("{}")
    run = Run(folder)
    for kind, step, values in events:
        run.events.append(kind, step, **values)
    return run


def score(step: int, value: float, name: str = "modes", **details: Any) -> tuple[str, int, dict[str, Any]]:
    return "score", step, {"name": name, "value": value, "details": details}


def test_mean_and_range_over_the_seeds_that_have_the_step() -> None:
    assert mean_and_range([{1: 2.0, 2: 4.0}, {1: 4.0}]) == [(1, 3.0, 2.0, 4.0), (2, 4.0, 4.0, 4.0)]
    assert mean_and_range([]) == []


def test_scores_during_training_with_details(tmp_path: Path) -> None:
    a = make_run(
        tmp_path / "a", [score(1, 3, quality=0.5, other=1), score(1, 9, "ks"), score(2, 8, quality=None)]
    )
    b = make_run(tmp_path / "b", [("scalars", 1, {"D": 1.0})])
    curves = study_curves({"a": [a, a], "b": [b]}, ["quality"])
    assert curves == {
        "modes": {"a": [{1: 3.0, 2: 8.0}] * 2},
        "quality": {"a": [{1: 0.5}] * 2},
        "ks": {"a": [{1: 9.0}] * 2},
    }


def test_losses_if_there_are_no_scores(tmp_path: Path) -> None:
    events = [("scalars", s, {"kimg": 1.0, "D/a": float(s), "G/a": 2.0}) for s in (1, 2)]
    curves = study_curves({"a": [make_run(tmp_path / "a", events)]}, ["quality"])
    assert curves == {"D/a": {"a": [{1: 1.0, 2: 2.0}]}, "G/a": {"a": [{1: 2.0, 2: 2.0}]}}
    assert study_curves({"a": [make_run(tmp_path / "none", [])]}, []) == {}
