"""The score table shows protocols and warns about incomparable scores."""

from __future__ import annotations

from typing import Any

from tests.report.test_page import Page

from ganbench.report.html import page
from ganbench.report.score_table import incomparable_warnings, score_table


def record(value: float, **measured: Any) -> dict[str, Any]:
    return {
        "name": "fd",
        "value": value,
        "better": "lower",
        "details": {"a": {"b": 0.123456789}},
        "measured": measured,
    }


def test_checkpoint_and_protocol_are_shown() -> None:
    best = {"step": 500, "checkpoint": "best", "selected": {"by": "fd", "step": 500}}
    text = score_table([record(12.3456, samples=100, generator=best, warning="<few> samples")])
    words = " ".join(Page(page("", text)).words.split())
    for expected in (
        "fd 12.35 lower 100 500 (best, selected by fd)",
        "a.b 0.12346",
        "generator.selected.by fd",
    ):
        assert expected in words, expected
    assert "fd: <few> samples" in words


def test_one_warning_for_scores_measured_differently_but_none_for_other_steps() -> None:
    a, b = record(1, samples=100, generator={"step": 1}), record(2, samples=100, generator={"step": 2})
    assert incomparable_warnings([a, b]) == []
    assert incomparable_warnings([a, b, record(3, samples=200), record(4, samples=200)]) == [
        "the 4 fd scores were not all measured the same way (samples differ); do not compare those that differ"
    ]
