"""Scores in a page say how they were measured, and what must not be compared."""

from __future__ import annotations

from typing import Any

from tests.report.test_page import Page

from ganbench.report.html import page
from ganbench.report.score_table import score_table, unlike


def record(value: float, **measured: Any) -> dict[str, Any]:
    return {
        "name": "fd",
        "value": value,
        "better": "lower",
        "details": {"a": {"b": 0.123456789}},
        "measured": measured,
    }


def test_which_checkpoint_and_every_field_of_the_protocol_is_told() -> None:
    best = {"step": 500, "checkpoint": "best", "selected": {"by": "fd", "step": 500}}
    text = score_table([record(12.3456, samples=100, generator=best, warning="<few> samples")])
    words = " ".join(Page(page("", text)).words.split())
    for said in ("fd 12.35 lower 100 500 (best, chosen by fd)", "a.b 0.12346", "generator.selected.by fd"):
        assert said in words, said
    assert "fd: <few> samples" in words


def test_scores_that_were_measured_differently_are_told_of_once_and_those_of_other_steps_are_not() -> None:
    a, b = record(1, samples=100, generator={"step": 1}), record(2, samples=100, generator={"step": 2})
    assert unlike([a, b]) == []
    assert unlike([a, b, record(3, samples=200), record(4, samples=200)]) == [
        "the 4 scores fd were not all measured alike (samples differ), so those that differ cannot be compared"
    ]
