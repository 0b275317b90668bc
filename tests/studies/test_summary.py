"""Summaries, comparisons and tables of synthetic rows."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from ganbench.errors import UserError
from ganbench.metrics.score import Better, Score
from ganbench.studies.rows import Row
from ganbench.studies.summary import compare_recipes, default_pairs, summaries
from ganbench.studies.table import as_csv, as_markdown, as_rich, describe_constants, run_records, table_cells


def row(recipe: str, seed: int, value: float, better: Better = "lower", **details: Any) -> Row:
    score = Score(name="w1", value=value, better=better, details=details, measured={"samples": 10})
    return Row(recipe=recipe, seed=seed, status="finished", step=9, steps=9, seconds=60.0, scores=(score,))


def failed(recipe: str, seed: int) -> Row:
    return Row(recipe=recipe, seed=seed, status="failed", step=2, steps=9, seconds=1.0, error="it diverged")


ROWS = [
    *(row("a", seed, value, high_quality=0.5 + seed / 10, k=7) for seed, value in enumerate([3.0, 4.0, 5.0])),
    *(row("b", seed, value, high_quality=0.9, k=7) for seed, value in enumerate([1.0, 2.5, 2.0])),
    failed("b", 3),
    failed("c", 0),
    Row(recipe="c", seed=1, status="waiting", step=0, steps=9, seconds=0.0),
]


def test_summaries_are_sorted_best_first() -> None:
    ranking = summaries(ROWS)
    assert [s.recipe for s in ranking] == ["b", "a", "c"]
    b, a, c = (s.to_dict() for s in ranking)
    assert (b["finished"], b["failed"], b["unfinished"], c["finished"], c["failed"], c["unfinished"]) == (
        3,
        1,
        0,
        0,
        1,
        1,
    )
    assert (a["mean"], a["worst"], a["interquartile_mean"], a["better"]) == (4.0, 5.0, 4.0, "lower")
    assert a["ci95_low"] >= 3
    assert a["ci95_high"] <= 5
    assert (a["high_quality_min"], a["high_quality_mean"], a["high_quality_max"]) == (
        0.5,
        pytest.approx(0.6),
        0.7,
    )
    assert (c["score"], c["mean"], c["ci95_low"]) == (None, None, None)
    higher = summaries([row("a", 0, 1.0, "higher"), row("b", 0, 2.0, "higher")])
    assert [s.recipe for s in higher] == ["b", "a"]
    assert higher[0].to_dict()["ci95_low"] is None  # no interval for one seed


def test_comparison_uses_the_seeds_that_both_finished() -> None:
    comparison = compare_recipes(ROWS, "b", "a")
    assert (comparison.pairs, comparison.difference) == (3, pytest.approx((2 + 1.5 + 3) / 3))
    comparison = compare_recipes(ROWS, "b", "a", by="high_quality")
    assert comparison.difference == pytest.approx(0.3)
    with pytest.raises(UserError, match="there is no recipe 'd' in the study; known: a, b, c"):
        compare_recipes(ROWS, "a", "d")
    with pytest.raises(UserError, match="a and c have no finished seed in common"):
        compare_recipes(ROWS, "a", "c")
    with pytest.raises(UserError, match="cannot be compared by 'k'"):
        compare_recipes(ROWS, "a", "b", by="k")


def test_a_detail_that_some_runs_lack() -> None:
    rows = [row("a", 0, 1.0, high_quality=0.5), row("b", 0, 1.0, high_quality=None)]
    assert "high_quality" not in summaries(rows)[1].columns
    with pytest.raises(UserError, match="a and b cannot be compared by high_quality"):
        compare_recipes(rows, "a", "b", by="high_quality")


def test_default_pairs() -> None:
    assert default_pairs(summaries(ROWS)) == [("b", "a")]
    many = [row(name, 0, value) for value, name in enumerate("pqrs")]
    assert default_pairs(summaries(many)) == [("p", "q"), ("p", "r"), ("p", "s")]
    assert default_pairs(summaries(many[:3])) == [("p", "q"), ("p", "r"), ("q", "r")]


def test_details_of_other_scores_are_prefixed() -> None:
    scores = tuple(
        Score(name=n, value=1.0, better="lower", details={"real": 2, "flag": True}) for n in ("w1", "ks")
    )
    two = Row(recipe="a", seed=0, status="finished", step=1, steps=1, seconds=0.0, scores=scores)
    assert two.numbers() == {"w1": 1.0, "ks": 1.0, "real": 2.0, "ks.real": 2.0}
    with pytest.raises(UserError, match="a seed 0 has 2 scores and b seed 0 1"):
        summaries([two, row("b", 0, 1.0)])


def test_table_cells_and_markdown() -> None:
    ranking = summaries(ROWS)
    head, (b, a, c) = table_cells(ranking)
    assert head == [
        "recipe",
        "runs",
        "w1, mean [95 % interval]",
        "middle half",
        "worst",
        "high_quality",
        "time",
    ]
    assert b[:2] == ["b", "3, 1 failed"]
    assert b[5:] == ["0.9", "60 s"]
    assert a[3:] == ["4", "5", "0.6 (0.5 to 0.7)", "60 s"]
    assert c == ["c", "0, 1 failed, 1 unfinished", "-", "-", "-", "-", "-"]
    assert describe_constants(ranking) == "k 7"
    lines = as_markdown(ranking).splitlines()
    assert len(lines) == 5
    assert {line.count("|") for line in lines} == {8}
    assert as_rich(ranking).row_count == 3


def test_csv() -> None:
    records = list(csv.DictReader(io.StringIO(as_csv(run_records(ROWS)))))
    assert len(records) == len(ROWS)
    assert (records[0]["w1"], records[0]["k"], records[0]["status"]) == ("3.0", "7.0", "finished")
    assert (records[6]["w1"], records[6]["status"], records[6]["error"]) == ("", "failed", "it diverged")
