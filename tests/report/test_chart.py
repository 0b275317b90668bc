"""Charts as data: thinning keeps extremes, and only finite numbers are chart."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganbench.evaluation.model_metrics.registry import MODEL_METRICS
from ganbench.metrics.registry import METRICS
from ganbench.report.chart import Chart, Line, band_chart, health_chart, loss_chart, score_chart, thin_line

VALUES = st.lists(st.none() | st.floats(-1e6, 1e6), min_size=3, max_size=200)


@given(VALUES, st.integers(1, 40))
def test_a_thinned_line_keeps_its_ends_minimum_and_maximum(
    values: list[float | None], max_buckets: int
) -> None:
    line = thin_line(Line(name="a", steps=range(len(values)), values=values), max_buckets)
    assert (
        len(line.steps)
        == len(line.values)
        <= max(2 * max_buckets, 2 * max_buckets if len(values) > 2 * max_buckets else len(values))
    )
    assert [values[step] for step in line.steps] == list(line.values)
    assert list(line.steps) == sorted(line.steps)
    if max_buckets > 2 and len(values) > 2 * max_buckets:
        inner = [
            v
            for v in values[len(values) // max_buckets + 1 : -len(values) // max_buckets - 1]
            if v is not None
        ]
        thinned = [v for v in line.values if v is not None]
        assert not inner or min(thinned) <= min(inner) <= max(inner) <= max(thinned)


def test_losses_scores_and_health_become_lines() -> None:
    losses = loss_chart(
        [{"kind": "scalars", "step": s, "kimg": 1.0, "D/a": s, "G/a": math.nan} for s in (1, 2)]
    )
    assert losses is not None
    assert losses.to_dict()["views"] == {
        "loss terms": [
            {"name": "D/a", "x": [1, 2], "y": [1.0, 2.0], "low": [], "high": []},
            {"name": "G/a", "x": [1, 2], "y": [None, None], "low": [], "high": []},
        ]
    }
    assert json.dumps(losses.to_dict(), allow_nan=False)
    assert "D/a from 1 to 2" in losses.describe()
    scores = score_chart(
        [{"step": 1, "name": "modes", "value": 8.0, "details": {"high": 0.5, "counts": [1], "ok": True}}]
    )
    assert scores is not None
    assert list(scores.views) == ["modes", "modes: high"]
    balance = health_chart([{"step": 1, "spread": 1.0, "undecided": 2.0}])
    assert balance is not None
    assert [line.name.split(":")[0] for line in balance.views["ratios"]] == ["spread"]


@pytest.mark.parametrize("name", [*METRICS, *MODEL_METRICS, "fd[pixels@16]", "FID", "mimicry/FID"])
def test_a_detail_replaces_no_score(name: str) -> None:
    details = {
        "modes": 7,
        "fd": 3.0,
        "real_against_real": 4,
        "kl_to_uniform_nats": None,
        "flag": True,
        name: 8,
    }
    events = [{"step": step, "name": name, "value": float(step), "details": details} for step in (1, 2)]
    chart = score_chart(events)
    assert chart is not None
    assert [(line.steps, line.values) for line in chart.views[name]] == [([1, 2], [1.0, 2.0])]
    assert chart.views[f"{name}: {name}"][0].values == [8.0, 8.0]
    assert chart.describe().startswith(f"Scores during training, {name}: {name} from 1 to 2")


def test_no_chart_without_events() -> None:
    assert loss_chart([]) is None
    assert score_chart([]) is None
    assert band_chart({}) is None


def test_a_band_spans_the_seeds() -> None:
    chart = band_chart({"modes": {"gan": [{10: 1.0, 20: 2.0}, {10: 3.0}]}})
    assert isinstance(chart, Chart)
    (line,) = chart.views["modes"]
    assert (line.steps, line.values, line.low, line.high) == ([10, 20], [2.0, 2.0], [1.0, 2.0], [3.0, 2.0])
