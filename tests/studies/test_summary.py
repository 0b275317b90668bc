"""Summaries, comparisons and tables of rows that are made up."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from ganbench.errors import UserError
from ganbench.metrics.score import Better, Score
from ganbench.studies.rows import Row
from ganbench.studies.summary import compare_recipes, summaries, usual_pairs
from ganbench.studies.table import as_csv, as_markdown, as_rich, cells, constants, run_records


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


def test_summaries_come_with_the_best_first() -> None:
    found = summaries(ROWS)
    assert [s.recipe for s in found] == ["b", "a", "c"]
    b, a, c = (s.to_dict() for s in found)
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
    assert higher[0].to_dict()["ci95_low"] is None  # of one seed there is no interval


def test_comparing_takes_the_seeds_that_both_finished() -> None:
    found = compare_recipes(ROWS, "b", "a")
    assert (found.pairs, found.difference) == (3, pytest.approx((2 + 1.5 + 3) / 3))
    by = compare_recipes(ROWS, "b", "a", by="high_quality")
    assert by.difference == pytest.approx(0.3)
    with pytest.raises(UserError, match="there is no recipe 'd' in the study; known: a, b, c"):
        compare_recipes(ROWS, "a", "d")
    with pytest.raises(UserError, match="a and c have no finished seed in common"):
        compare_recipes(ROWS, "a", "c")
    with pytest.raises(UserError, match="cannot be compared by 'k'"):
        compare_recipes(ROWS, "a", "b", by="k")


def test_a_number_that_some_runs_lack() -> None:
    rows = [row("a", 0, 1.0, high_quality=0.5), row("b", 0, 1.0, high_quality=None)]
    assert "high_quality" not in summaries(rows)[1].columns
    with pytest.raises(UserError, match="a and b cannot be compared by high_quality"):
        compare_recipes(rows, "a", "b", by="high_quality")


def test_all_pairs_of_few_and_the_best_with_each_of_many() -> None:
    assert usual_pairs(summaries(ROWS)) == [("b", "a")]
    many = [row(name, 0, value) for value, name in enumerate("pqrs")]
    assert usual_pairs(summaries(many)) == [("p", "q"), ("p", "r"), ("p", "s")]
    assert usual_pairs(summaries(many[:3])) == [("p", "q"), ("p", "r"), ("q", "r")]


def test_other_scores_have_their_names_before_their_numbers() -> None:
    scores = tuple(
        Score(name=n, value=1.0, better="lower", details={"real": 2, "flag": True}) for n in ("w1", "ks")
    )
    two = Row(recipe="a", seed=0, status="finished", step=1, steps=1, seconds=0.0, scores=scores)
    assert two.numbers() == {"w1": 1.0, "ks": 1.0, "real": 2.0, "ks.real": 2.0}
    with pytest.raises(UserError, match="a seed 0 has 2 scores and b seed 0 1"):
        summaries([two, row("b", 0, 1.0)])


def test_the_table_for_people() -> None:
    found = summaries(ROWS)
    head, (b, a, c) = cells(found)
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
    assert c == ["c", "0, 1 failed, 1 not done", "-", "-", "-", "-", "-"]
    assert constants(found) == "k 7"
    lines = as_markdown(found).splitlines()
    assert len(lines) == 5
    assert {line.count("|") for line in lines} == {8}
    assert as_rich(found).row_count == 3


def test_the_table_for_programs() -> None:
    read = list(csv.DictReader(io.StringIO(as_csv(run_records(ROWS)))))
    assert len(read) == len(ROWS)
    assert (read[0]["w1"], read[0]["k"], read[0]["status"]) == ("3.0", "7.0", "finished")
    assert (read[6]["w1"], read[6]["status"], read[6]["error"]) == ("", "failed", "it diverged")
