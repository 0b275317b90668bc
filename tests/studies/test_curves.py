"""The curves of a study: which there are, and their bands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ganbench.runs.run import Run
from ganbench.studies.curves import band, curves_of


def run(folder: Path, events: list[tuple[str, int, dict[str, Any]]]) -> Run:
    folder.mkdir(parents=True)
    (folder / "recipe.json").write_text("{}")
    made = Run(folder)
    for kind, step, values in events:
        made.events.append(kind, step, **values)
    return made


def score(step: int, value: float, name: str = "modes", **details: Any) -> tuple[str, int, dict[str, Any]]:
    return "score", step, {"name": name, "value": value, "details": details}


def test_the_band_is_over_the_seeds_that_have_the_step() -> None:
    assert band([{1: 2.0, 2: 4.0}, {1: 4.0}]) == [(1, 3.0, 2.0, 4.0), (2, 4.0, 4.0, 4.0)]
    assert band([]) == []


def test_scores_on_the_way_with_their_numbers(tmp_path: Path) -> None:
    a = run(tmp_path / "a", [score(1, 3, quality=0.5, other=1), score(1, 9, "ks"), score(2, 8, quality=None)])
    b = run(tmp_path / "b", [("scalars", 1, {"D": 1.0})])
    found = curves_of({"a": [a, a], "b": [b]}, ["quality"])
    assert found == {
        "modes": {"a": [{1: 3.0, 2: 8.0}] * 2},
        "quality": {"a": [{1: 0.5}] * 2},
        "ks": {"a": [{1: 9.0}] * 2},
    }


def test_losses_where_nothing_was_scored(tmp_path: Path) -> None:
    events = [("scalars", s, {"kimg": 1.0, "D/a": float(s), "G/a": 2.0}) for s in (1, 2)]
    found = curves_of({"a": [run(tmp_path / "a", events)]}, ["quality"])
    assert found == {"D/a": {"a": [{1: 1.0, 2: 2.0}]}, "G/a": {"a": [{1: 2.0, 2: 2.0}]}}
    assert curves_of({"a": [run(tmp_path / "none", [])]}, []) == {}
