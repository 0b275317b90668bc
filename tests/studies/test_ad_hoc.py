"""Table rows for runs and records outside a study."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from tests.support.edit import edit_json
from tests.support.training import tiny_recipe

from ganbench.errors import UserError
from ganbench.evaluation.evaluate import evaluate
from ganbench.experiment.train import train
from ganbench.metrics.score import Score
from ganbench.studies.ad_hoc import load_rows
from ganbench.studies.incomparable import (
    as_rich,
    incomparable_fields,
    incomparable_records,
    split_incomparable,
)
from ganbench.studies.rows import Row
from ganbench.studies.summary import summaries
from ganbench.utils.files import read_json, write_json


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ad_hoc")
    run = train(tiny_recipe("gan-ring8", {"schedule.sample_every": 0}), out=folder / "one", seed=0)
    evaluate(run, n=250, step=10)
    evaluate(run, n=300)
    return folder


def test_the_newest_score_of_the_last_scored_step(scored: Path, tmp_path: Path) -> None:
    shutil.copytree(scored / "one", tmp_path / "two")
    early = next((tmp_path / "two" / "eval").glob("*step-00000010*"))
    os.utime(early, (2e9, 2e9))
    one, two = load_rows([scored / "one", tmp_path / "two"])
    assert [s.measured["samples"] for s in (*one.scores, *two.scores)] == [300, 300]
    assert (one.recipe, two.recipe, one.step, one.status) == ("one", "two", 12, "finished")


def test_runs_of_one_recipe_are_its_seeds(scored: Path, tmp_path: Path) -> None:
    shutil.copytree(scored / "one", tmp_path / "two")
    edit_json(tmp_path / "two" / "meta.json", lambda meta: meta.update(seed=1))
    rows = load_rows([scored / "one", tmp_path / "two"])
    assert [(r.recipe, r.seed) for r in rows] == [("gan-ring8", 0), ("gan-ring8", 1)]
    next((tmp_path / "two" / "eval").glob("*step-00000012*")).unlink()
    with pytest.raises(UserError, match=r"measured differently \(samples differ\)"):
        summaries(load_rows([scored / "one", tmp_path / "two"]))


def test_invalid_sources(scored: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not a study; name at least two runs"):
        load_rows([scored / "one"])
    with pytest.raises(UserError, match="does not exist"):
        load_rows([scored / "one", tmp_path / "none"])
    shutil.copytree(scored / "one", tmp_path / "two")
    path = next((tmp_path / "two" / "eval").glob("*step-00000012*"))
    path.write_text('{"name": "modes"}')
    with pytest.raises(UserError, match=f"{path.name} is not a score"):
        load_rows([scored / "one", tmp_path / "two"])
    shutil.rmtree(tmp_path / "two" / "eval")
    with pytest.raises(UserError, match="has no score yet; create one with `ganbench evaluate"):
        load_rows([scored / "one", tmp_path / "two"])


def test_score_records_are_compared_like_runs(scored: Path, tmp_path: Path) -> None:
    shutil.copytree(scored / "one", tmp_path / "two")
    records = [next((folder / "eval").glob("*n300*")) for folder in (scored / "one", tmp_path / "two")]
    one, two = load_rows(records)
    assert (one.recipe, two.recipe) == (str(records[0]), str(records[1])), (
        "paths, since the recipes and file names are equal"
    )
    shutil.copy(records[1], tmp_path / "mine.json")
    one, mine = load_rows([records[0], tmp_path / "mine.json"])
    assert (one.recipe, one.seed, mine.recipe, mine.step) == ("gan-ring8", 0, "mine", 12)
    assert one.scores == mine.scores
    (early,) = (scored / "one" / "eval").glob("*n250*")
    with pytest.raises(
        UserError, match=r"differently \(samples differ\).*; `ganbench compare --force` shows"
    ):
        summaries(load_rows([early, tmp_path / "mine.json"]))
    (tmp_path / "list.json").write_text('{"name": "a", "value": 1, "better": "lower", "measured": []}')
    with pytest.raises(UserError, match=r"list\.json is not a score: its record is not an object"):
        load_rows([early, tmp_path / "list.json"])


def test_only_scores_that_all_runs_have_are_compared(scored: Path, tmp_path: Path) -> None:
    """A newer score that only one run has does not make the runs incomparable."""
    shutil.copytree(scored / "one", tmp_path / "two")
    path = next((tmp_path / "two" / "eval").glob("*n300*"))
    write_json(tmp_path / "two" / "eval" / "other.json", {**read_json(path), "name": "mimicry/FID"})
    rows = load_rows([scored / "one", tmp_path / "two"])
    assert [[score.name for score in row.scores] for row in rows] == [["modes"], ["modes"]]


def test_incomparable_scores_side_by_side(scored: Path, tmp_path: Path) -> None:
    record = read_json(next((scored / "one" / "eval").glob("*n300*")))
    record["measured"]["samples"] = 999
    record["measured"]["sampling"]["truncation"] = 0.7
    write_json(tmp_path / "mine.json", record)
    rows = load_rows([next((scored / "one" / "eval").glob("*n300*")), tmp_path / "mine.json"])
    fields = incomparable_fields(rows)
    assert fields == ["samples", "sampling.truncation"]
    records = incomparable_records(rows, fields)
    assert [r["differing"] for r in records] == [
        {"samples": 300, "sampling.truncation": None},
        {"samples": 999, "sampling.truncation": 0.7},
    ]
    table = as_rich(records, fields)
    assert "INCOMPARABLE: measured differently (samples, sampling.truncation differ)" in str(table.title)
    assert [str(column.header) for column in table.columns][4:] == fields
    assert incomparable_fields([rows[0], rows[0]]) == []


def test_split_incomparable_keeps_the_majority_protocol() -> None:
    def row(seed: int, samples: int) -> Row:
        score = Score(name="fd", value=seed, better="lower", measured={"samples": samples})
        return Row(recipe="a", seed=seed, status="finished", step=1, steps=1, seconds=0, scores=(score,))

    waiting = Row(recipe="a", seed=9, status="waiting", step=0, steps=1, seconds=0)
    rows = [row(0, 10), row(1, 20), waiting, row(2, 20)]
    comparable, incomparable = split_incomparable(rows)
    assert [(item.row, item.reason) for item in incomparable] == [(rows[0], "samples differ from a seed 1")]
    assert comparable[1:] == rows[1:]
    assert (comparable[0].status, comparable[0].scores) == ("incomparable", ())
    assert split_incomparable(rows[1:]) == (rows[1:], [])


def test_a_run_that_was_changed_in_its_midst_is_no_seed_of_its_recipe(scored: Path, tmp_path: Path) -> None:
    shutil.copytree(scored / "one", tmp_path / "two")
    change = {"step": 4, "key": "optimizers.G.lr", "old": 0.001, "new": 0.002}
    edit_json(tmp_path / "two" / "meta.json", lambda meta: meta.update(seed=1, changes=[change]))
    rows = load_rows([scored / "one", tmp_path / "two"])
    assert [(r.recipe, r.seed) for r in rows] == [("gan-ring8", 0), ("gan-ring8 (changed at step 4)", 1)]
    assert [summary.finished for summary in summaries(rows)] == [1, 1]
    change["key"] = "schedule.log_every"
    edit_json(tmp_path / "two" / "meta.json", lambda meta: meta.update(changes=[change]))
    assert [r.recipe for r in load_rows([scored / "one", tmp_path / "two"])] == ["gan-ring8", "gan-ring8"]
