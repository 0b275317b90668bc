"""Runs side by side: a line for each in every diagram, and a row for each setting that is not the same."""

from __future__ import annotations

import json
from pathlib import Path

from tests.report.example import HOSTILE, example_run

from ganbench.dashboard import run_panels as panels
from ganbench.dashboard.compare_runs import differences, overlaid
from ganbench.dashboard.run_cache import RunCache
from ganbench.report.run_data import read_run
from ganbench.utils.files import read_json, write_json


def test_each_quantity_has_a_line_for_each_run_that_has_it(tmp_path: Path) -> None:
    runs = {"a": example_run(tmp_path / "a"), "b": example_run(tmp_path / "b", term="G/other")}
    chart = overlaid({label: read_run(run) for label, run in runs.items()})[0]
    named = {view: [line.name for line in lines] for view, lines in chart.views.items()}
    assert named == {"D/adversarial": ["a", "b"], "G/adversarial": ["a"], "G/other": ["b"]}
    assert chart.views["D/adversarial"][0].values == [1.0, 0.5, 10 / 30, 0.25]


def test_what_differs_is_told_and_nothing_else(tmp_path: Path) -> None:
    runs = {name: example_run(tmp_path / name) for name in "abc"}
    recipe = read_json(tmp_path / "b/recipe.json")
    recipe["schedule"]["batch"] = 7
    del recipe["schedule"]["samples"]
    write_json(tmp_path / "b/recipe.json", recipe)
    meta = read_json(tmp_path / "c/meta.json")
    write_json(tmp_path / "c/meta.json", {**meta, "seed": 9})
    read = {label: read_run(run) for label, run in runs.items()}
    batch, samples = (read["a"].recipe["schedule"][name] for name in ("batch", "samples"))
    assert differences(read) == [
        ["schedule.batch", batch, 7, batch],
        ["schedule.samples", samples, None, samples],
        ["seed", 7, 7, 9],
    ]
    assert differences({"a": read["a"], "again": read["a"]}) == []


def test_pages_hold_what_is_hostile_as_text(tmp_path: Path) -> None:
    readings = RunCache()
    runs = {name: example_run(tmp_path / name, summary=HOSTILE, term=HOSTILE).path for name in "ab"}
    write_json(tmp_path / "a/eval/x.json", {"name": HOSTILE, "value": 1.0, "details": {HOSTILE: HOSTILE}})
    recipe = read_json(tmp_path / "b/recipe.json")
    write_json(tmp_path / "b/recipe.json", {**recipe, "name": "\ud800", HOSTILE: [HOSTILE]})
    (tmp_path / "b/events.jsonl").open("a").write(json.dumps({"kind": HOSTILE, "step": HOSTILE}) + "\n")
    read = {f"{HOSTILE} {name}": readings.of(path) for name, path in runs.items()}
    made = [panels.compared(read)]
    for part in (panels.curves, panels.timeline, panels.layers, panels.records):
        made += [part(reading) for reading in read.values()]
    for page in made:
        assert "<img src=x" not in page
        assert page.count("</script><img") == 0
        page.encode()


def test_a_run_is_read_again_when_it_has_changed_and_only_then(tmp_path: Path) -> None:
    run, readings = example_run(tmp_path / "a"), RunCache(most=1)
    first = readings.of(run.path)
    assert readings.of(run.path) is first
    run.events.append("scalars", 50, loss=1.0)
    assert readings.of(run.path).step == 50
    readings.of(example_run(tmp_path / "b").path)
    assert readings.of(run.path) is not first
