"""Comparing runs: a line per run in every chart, and a row per setting that differs."""

from __future__ import annotations

import json
from pathlib import Path

from tests.report.example import HOSTILE, example_run

from ganbench.dashboard import run_panels as panels
from ganbench.dashboard.compare_runs import overlay_charts, setting_differences
from ganbench.dashboard.run_cache import RunCache
from ganbench.report.run_data import read_run_data
from ganbench.utils.files import read_json, write_json


def test_each_quantity_has_a_line_for_each_run_that_logged_it(tmp_path: Path) -> None:
    runs = {"a": example_run(tmp_path / "a"), "b": example_run(tmp_path / "b", term="G/other")}
    chart = overlay_charts({label: read_run_data(run) for label, run in runs.items()})[0]
    names = {view: [line.name for line in lines] for view, lines in chart.views.items()}
    assert names == {"D/adversarial": ["a", "b"], "G/adversarial": ["a"], "G/other": ["b"]}
    assert chart.views["D/adversarial"][0].values == [1.0, 0.5, 10 / 30, 0.25]


def test_scores_are_not_mixed_with_details_of_their_name_or_of_other_scores(tmp_path: Path) -> None:
    runs = {"a": example_run(tmp_path / "a"), "b": example_run(tmp_path / "b")}
    for run in runs.values():
        for name, floor in (("modes", 1.0), ("swd", 2.0)):
            details = {"modes": 8, "floor": floor}
            run.events.append("score", 40, name=name, value=floor, better="higher", details=details)
    chart = overlay_charts({label: read_run_data(run) for label, run in runs.items()})[1]
    values = {view: [list(line.values) for line in lines] for view, lines in chart.views.items()}
    assert values["modes"] == [[1.0], [1.0]], "a line for each run, and no number of modes of the data"
    assert values["modes: modes"] == [[8.0], [8.0]]
    assert (values["modes: floor"], values["swd: floor"]) == ([[1.0], [1.0]], [[2.0], [2.0]])


def test_only_differing_settings_are_listed(tmp_path: Path) -> None:
    runs = {name: example_run(tmp_path / name) for name in "abc"}
    recipe = read_json(tmp_path / "b/recipe.json")
    recipe["schedule"]["batch"] = 7
    del recipe["schedule"]["samples"]
    write_json(tmp_path / "b/recipe.json", recipe)
    meta = read_json(tmp_path / "c/meta.json")
    write_json(tmp_path / "c/meta.json", {**meta, "seed": 9})
    data = {label: read_run_data(run) for label, run in runs.items()}
    batch, samples = (data["a"].recipe["schedule"][name] for name in ("batch", "samples"))
    assert setting_differences(data) == [
        ["schedule.batch", batch, 7, batch],
        ["schedule.samples", samples, None, samples],
        ["seed", 7, 7, 9],
    ]
    assert setting_differences({"a": data["a"], "again": data["a"]}) == []


def test_hostile_text_is_escaped(tmp_path: Path) -> None:
    cache = RunCache()
    runs = {name: example_run(tmp_path / name, summary=HOSTILE, term=HOSTILE).path for name in "ab"}
    write_json(tmp_path / "a/eval/x.json", {"name": HOSTILE, "value": 1.0, "details": {HOSTILE: HOSTILE}})
    recipe = read_json(tmp_path / "b/recipe.json")
    write_json(tmp_path / "b/recipe.json", {**recipe, "name": "\ud800", HOSTILE: [HOSTILE]})
    (tmp_path / "b/events.jsonl").open("a").write(json.dumps({"kind": HOSTILE, "step": HOSTILE}) + "\n")
    data = {f"{HOSTILE} {name}": cache.get(path) for name, path in runs.items()}
    pages = [panels.comparison_page(data)]
    for part in (panels.curves_page, panels.timeline_page, panels.layers_page, panels.records_page):
        pages += [part(run) for run in data.values()]
    for page in pages:
        assert "<img src=x" not in page
        assert page.count("</script><img") == 0
        page.encode()


def test_a_run_is_read_again_only_after_it_changed(tmp_path: Path) -> None:
    run, cache = example_run(tmp_path / "a"), RunCache(max_size=1)
    first = cache.get(run.path)
    assert cache.get(run.path) is first
    run.events.append("scalars", 50, loss=1.0)
    assert cache.get(run.path).step == 50
    cache.get(example_run(tmp_path / "b").path)
    assert cache.get(run.path) is not first
