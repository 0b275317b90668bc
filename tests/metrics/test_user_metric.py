"""Metrics of the user's own: functions and classes, found by name, refused when they clash or return nonsense."""

from __future__ import annotations

import sys
import types

import pytest
import torch

from ganbench.data.toy import ring8
from ganbench.errors import UserError
from ganbench.metrics import metric
from ganbench.metrics.coverage.mode_coverage import Modes
from ganbench.metrics.measure import measure
from ganbench.metrics.registry import METRICS, create_metrics
from ganbench.metrics.user_metric import FunctionMetric, user_metrics

POINTS = ring8(points=5)


@metric("radius", better="lower", kind="points", min_samples=3, default_samples=50)
def radius(samples: torch.Tensor, reference: object) -> float:
    return float(samples.norm(dim=1).mean())


@metric("my-modes")
class MyModes(Modes):
    """The modes by another name."""


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> str:
    module = types.ModuleType("my_metrics")
    module.radius, module.MyModes = radius, MyModes  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "my_metrics", module)
    return "my_metrics"


def test_a_function_gets_all_samples_at_once() -> None:
    samples = torch.tensor([[3.0, 4.0], [0.0, 0.0], [0.0, 1.0]])
    (score,) = measure([radius], [samples[:2], samples[2:]], POINTS)
    assert score.value == 2.0
    assert (score.name, score.better, score.measured["samples"]) == ("radius", "lower", 3)
    assert len(str(score.measured["source_sha256"])) == 64
    assert radius(samples, POINTS) == 2.0, "it is still a function"


def test_a_function_gets_the_samples_in_random_order() -> None:
    seen = []
    spy = metric("spy", kind="points")(lambda samples, reference: float(len(seen.append(samples) or "x")))
    in_turn = (torch.arange(1000.0) % 10)[:, None].expand(-1, 2)
    measure([spy], list(torch.split(in_turn, 250)), POINTS)
    assert seen[0][:, 0].sort().values.tolist() == in_turn[:, 0].sort().values.tolist()
    neighbours = (seen[0][::2, 0] == seen[0][1::2, 0]).double().mean()
    assert 0.05 < float(neighbours) < 0.17, "in turn, no pair of neighbours is of one class"


def test_both_are_found_by_name(trusted: str) -> None:
    first, second, third = create_metrics(["my-modes", "radius", "modes"], trusted=[trusted])
    assert isinstance(first, MyModes)
    assert second is radius
    assert isinstance(third, Modes)
    with pytest.raises(UserError, match="there is no metric 'radius'"):
        create_metrics(["radius"])
    with pytest.raises(UserError, match="no metric 'radiu'; did you mean 'radius'"):
        create_metrics(["radiu"], trusted=[trusted])


def test_they_may_be_given_themselves() -> None:
    assert create_metrics([radius]) == [radius]
    (built,) = create_metrics([MyModes])
    assert isinstance(built, MyModes)


def test_a_name_that_is_taken_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("clash")
    module.fd = FunctionMetric(radius.function, "fd", "lower", "points", 2, 10)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "clash", module)
    with pytest.raises(UserError, match="another metric called 'fd'; rename the one in clash"):
        user_metrics(["clash"], METRICS)


@pytest.mark.parametrize("value", [float("nan"), None, "3 apples"])
def test_what_is_no_number_is_refused(value: object) -> None:
    broken = metric("broken", kind="points")(lambda samples, reference: value)
    with pytest.raises(UserError, match=r"metric 'broken' returned .*, not a finite number"):
        measure([broken], [torch.zeros(4, 2)], POINTS)


@pytest.mark.parametrize(
    "arguments", [{"kind": "point"}, {"kind": "images"}, {"better": "more"}, {"kind": ""}]
)
def test_another_word_for_kind_or_better_is_refused_at_the_decorator(arguments: dict[str, str]) -> None:
    with pytest.raises(UserError, match=r"@metric\('x'\): (kind must be 'image' or 'points'|better must be)"):
        metric("x", **arguments)  # type: ignore[arg-type]


def test_a_metric_for_points_without_its_kind_gets_a_hint() -> None:
    forgotten = metric("forgotten")(lambda samples, reference: 1.0)
    with pytest.raises(
        UserError, match=r"but 'ring8' is 'points'; a metric of your own for points says kind="
    ):
        measure([forgotten], [torch.zeros(4, 2)], POINTS)
