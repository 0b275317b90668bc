"""Runs that belong to no study."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from tests.tiny import tiny

from ganbench.errors import UserError
from ganbench.evaluation import evaluate
from ganbench.experiment import train
from ganbench.studies.loose import rows_of
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
