"""Runs that belong to no study."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from tests.support.tiny import tiny

from ganbench.errors import UserError
from ganbench.evaluation.evaluate import evaluate
from ganbench.experiment.train import train
from ganbench.metrics.score import Score
from ganbench.studies.ad_hoc import rows_of
from ganbench.studies.incomparable import (
    as_rich,
    incomparable_fields,
    incomparable_records,
    split_incomparable,
)
from ganbench.studies.rows import Row
from ganbench.studies.summary import summaries


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("loose")
    run = train(tiny("gan-ring8", {"schedule.sample_every": 0}), out=folder / "one", seed=0)
    evaluate(run, n=250, step=10)
    evaluate(run, n=300)
    return folder


def test_the_newest_score_of_the_last_scored_step(scored: Path, tmp_path: Path) -> None:
    shutil.copytree(scored / "one", tmp_path / "two")
    early = next((tmp_path / "two" / "eval").glob("*step-00000010*"))
    os.utime(early, (2e9, 2e9))
    one, two = rows_of([scored / "one", tmp_path / "two"])
    assert [s.measured["samples"] for s in (*one.scores, *two.scores)] == [300, 300]
    assert (one.recipe, two.recipe, one.step, one.status) == ("one", "two", 12, "finished")


def test_runs_of_one_recipe_are_its_seeds(scored: Path, tmp_path: Path) -> None:
    shutil.copytree(scored / "one", tmp_path / "two")
    meta = json.loads((tmp_path / "two" / "meta.json").read_text())
    (tmp_path / "two" / "meta.json").write_text(json.dumps({**meta, "seed": 1}))
    rows = rows_of([scored / "one", tmp_path / "two"])
    assert [(r.recipe, r.seed) for r in rows] == [("gan-ring8", 0), ("gan-ring8", 1)]
    next((tmp_path / "two" / "eval").glob("*step-00000012*")).unlink()
    with pytest.raises(UserError, match=r"measured differently \(samples differ\)"):
        summaries(rows_of([scored / "one", tmp_path / "two"]))


def test_what_cannot_be_compared(scored: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not a study; name two runs or more"):
        rows_of([scored / "one"])
    with pytest.raises(UserError, match="does not exist"):
        rows_of([scored / "one", tmp_path / "none"])
    shutil.copytree(scored / "one", tmp_path / "two")
    path = next((tmp_path / "two" / "eval").glob("*step-00000012*"))
    path.write_text('{"name": "modes"}')
    with pytest.raises(UserError, match=f"{path.name} is not a score"):
        rows_of([scored / "one", tmp_path / "two"])
    shutil.rmtree(tmp_path / "two" / "eval")
    with pytest.raises(UserError, match="has no score yet; `ganbench evaluate"):
        rows_of([scored / "one", tmp_path / "two"])


def test_records_of_scores_are_compared_as_runs_are(scored: Path, tmp_path: Path) -> None:
    shutil.copytree(scored / "one", tmp_path / "two")
    records = [next((folder / "eval").glob("*n300*")) for folder in (scored / "one", tmp_path / "two")]
    one, two = rows_of(records)
    assert (one.recipe, two.recipe) == (str(records[0]), str(records[1])), "names that tell them apart"
    shutil.copy(records[1], tmp_path / "mine.json")
    one, mine = rows_of([records[0], tmp_path / "mine.json"])
    assert (one.recipe, one.seed, mine.recipe, mine.step) == ("gan-ring8", 0, "mine", 12)
    assert one.scores == mine.scores
    (early,) = (scored / "one" / "eval").glob("*n250*")
    with pytest.raises(
        UserError, match=r"differently \(samples differ\).*; `ganbench compare --force` shows"
    ):
        summaries(rows_of([early, tmp_path / "mine.json"]))
    (tmp_path / "list.json").write_text('{"name": "a", "value": 1, "better": "lower", "measured": []}')
    with pytest.raises(UserError, match=r"list\.json is not a score: its record is no object"):
        rows_of([early, tmp_path / "list.json"])


def test_runs_stand_with_the_scores_that_all_have(scored: Path, tmp_path: Path) -> None:
    """A further score that only one has, however new, does not make them unlike."""
    shutil.copytree(scored / "one", tmp_path / "two")
    path = next((tmp_path / "two" / "eval").glob("*n300*"))
    other = {**json.loads(path.read_text()), "name": "mimicry/FID"}
    (tmp_path / "two" / "eval" / "other.json").write_text(json.dumps(other))
    rows = rows_of([scored / "one", tmp_path / "two"])
    assert [[score.name for score in row.scores] for row in rows] == [["modes"], ["modes"]]


def test_unlike_scores_side_by_side(scored: Path, tmp_path: Path) -> None:
    record = json.loads(next((scored / "one" / "eval").glob("*n300*")).read_text())
    record["measured"]["samples"] = 999
    record["measured"]["sampling"]["truncation"] = 0.7
    (tmp_path / "mine.json").write_text(json.dumps(record))
    rows = rows_of([next((scored / "one" / "eval").glob("*n300*")), tmp_path / "mine.json"])
    fields = incomparable_fields(rows)
    assert fields == ["samples", "sampling.truncation"]
    records = incomparable_records(rows, fields)
    assert [r["differing"] for r in records] == [
        {"samples": 300, "sampling.truncation": None},
        {"samples": 999, "sampling.truncation": 0.7},
    ]
    table = as_rich(records, fields)
    assert "UNLIKE: measured differently (samples, sampling.truncation differ)" in str(table.title)
    assert [str(column.header) for column in table.columns][4:] == fields
    assert incomparable_fields([rows[0], rows[0]]) == []


def test_the_way_most_were_measured_counts_and_the_others_are_set_apart() -> None:
    def row(seed: int, samples: int) -> Row:
        score = Score(name="fd", value=seed, better="lower", measured={"samples": samples})
        return Row(recipe="a", seed=seed, status="finished", step=1, steps=1, seconds=0, scores=(score,))

    waiting = Row(recipe="a", seed=9, status="waiting", step=0, steps=1, seconds=0)
    rows = [row(0, 10), row(1, 20), waiting, row(2, 20)]
    kept, apart = split_incomparable(rows)
    assert [(one.row, one.why) for one in apart] == [(rows[0], "samples differ from a seed 1")]
    assert kept[1:] == rows[1:]
    assert (kept[0].status, kept[0].scores) == ("unlike", ())
    assert split_incomparable(rows[1:]) == (rows[1:], [])
