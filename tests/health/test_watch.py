"""The rules on runs told by hand: each names its failure at the report it should, and nothing healthy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from ganbench.health import RULES, Finding, HealthMonitor, findings

Event = dict[str, Any]
HEALTH = {"spread": 1.0, "nearest": 1.0, "separation": 0.8, "undecided": 2.0}


def told(kind: str, values: Iterable[dict[str, Any]]) -> list[Event]:
    return [{"kind": kind, "step": 10 * i, **value} for i, value in enumerate(values, 1)]


def losses(*values: float) -> list[Event]:
    """D's loss by report, G's always moving; the samples and the balance are told before."""
    terms = told(
        "scalars", ({"D/adversarial": v, "G/adversarial": 1 + 0.1 * i} for i, v in enumerate(values))
    )
    return [{"kind": "health", "step": 0, **HEALTH, "separation": 1.0}, *terms]


def health(name: str, *values: float) -> list[Event]:
    return told("health", ({**HEALTH, name: value} for value in values))


def scores(*values: float, better: str = "higher", of: int | None = None) -> list[Event]:
    details = {} if of is None else {"modes": of}
    name = "fd" if of is None else "modes"
    return told("score", ({"name": name, "value": v, "better": better, "details": details} for v in values))


def layers(*rows: tuple[float | None, float]) -> list[Event]:
    """Reports of gradient's norm and mean of one weight of G; D moves."""
    return told(
        "layers",
        ({"parameters": {"G.a": [g, m, 1.0], "D.a": [0.1, i, 1.0]}} for i, (g, m) in enumerate(rows)),
    )


def later(events: list[Event]) -> list[Event]:
    """The same, 1,000 steps between two reports."""
    return [{**event, "step": 100 * event["step"]} for event in events]


def found(events: list[Event], steps: int = 0) -> list[tuple[str, int]]:
    return [(finding.rule, finding.step) for finding in findings(events, steps)]


@pytest.mark.parametrize(
    ("values", "step"),
    [((1.0, 0.03, 0.03), 30), ((1.0, 0.003), 20), ((0.03, 0.05, 0.03), None), ((1.0, -0.01, -0.01), None)],
)
def test_d_saturated(values: tuple[float, ...], step: int | None) -> None:
    """An undecided D has loss 2: below .04 at two reports, or .004 at one."""
    assert found(losses(*values)) == ([] if step is None else [("D saturated", step)])


def test_a_d_that_ranks_wrongly_is_not_saturated_and_a_loss_without_a_scale_never() -> None:
    events = losses(1.0, 0.001, 0.002)
    assert found([{**e, "separation": 0.9} if e["kind"] == "health" else e for e in events]) == []
    assert found([e for e in events if e["kind"] != "health"]) == []


@pytest.mark.parametrize(
    ("norms", "step"), [((1, 2, 1e-4, 1e-4), 40), ((1, 2, 1e-4, 1), None), ((1, 2, 0.01, 0.01), None)]
)
def test_g_starved(norms: tuple[float, ...], step: int | None) -> None:
    events = layers(*((norm, 0.1 * i) for i, norm in enumerate(norms)))
    assert found(events) == ([] if step is None else [("G starved", step)])


def test_losses_frozen() -> None:
    assert found(
        told("scalars", [{"D/adversarial": v, "G/adversarial": 0.7} for v in (1, 0.7, 0.7, 0.7)])
    ) == [("losses frozen", 40)]
    assert (
        found(told("scalars", [{"D/adversarial": v, "G/adversarial": 0.7} for v in (0.7, 0.7001, 0.7)])) == []
    )


def test_weights_frozen_names_the_network() -> None:
    (finding,) = findings(layers((1, 0.5), (1, 0.6), (1, 0.6), (1, 0.6)))
    assert (finding.rule, finding.step) == ("losses frozen", 40)
    assert "the weights of G are frozen" in finding.sentence


@pytest.mark.parametrize(("term", "still"), [(0.0, "G"), (0.1, "G and Q")])
def test_a_network_that_waits_for_its_term_is_not_frozen(term: float, still: str) -> None:
    terms = [{"D/adversarial": 0.1 * i, "D/codes": term, "G/adversarial": 0.2 * i} for i in range(4)]
    moves = {"D.a": [0.1, 0.0, 1.0], "G.a": [0.1, 0.5, 1.0], "Q.a": [0.0, 0.5, 1.0]}
    told_layers = [{"parameters": {**moves, "D.a": [0.1, i, 1.0]}} for i in range(4)]
    both = zip(told("scalars", terms), told("layers", told_layers), strict=True)
    (finding,) = findings([event for pair in both for event in pair])
    assert f"the weights of {still} are frozen" in finding.sentence


@pytest.mark.parametrize(
    ("events", "steps", "step"),
    [
        (health("spread", 0.1, 0.1, 0.6, 0.6, 0.1, 0.1), 0, 60),  # young, then well, then collapsed
        (health("spread", 0.1, 0.1, 0.1, 0.1), 1000, None),  # young
        (health("spread", 0.1, 0.1, 0.1, 0.1), 60, None),  # a short run is young to its end
        (health("spread", *[0.1] * 40), 400, None),  # however often it is looked at
        (later(health("spread", *[0.1] * 9)), 10_000, 8000),  # never well by the second half
        (later(health("spread", *[0.1] * 9)), 20_000, None),
        (later(health("spread", *[0.1] * 7)), 7000, None),  # few reports
        (health("spread", 1.0, 1.0, 0.1, 1.0, 0.1), 0, None),  # twice, not in a row
        (health("nearest", 1.0, 1.0, 0.05, 0.05), 0, 40),
        (health("nearest", 1.0, 1.0, 0.3, 0.3), 0, None),  # narrow modes
        (scores(2, 8, 7, 4, 4, of=8), 0, 50),
        (scores(2, 8, 4, 4, of=8), 0, None),  # lucky once
        (scores(1, 4, 2, 2, 8, of=8), 0, None),  # modes are found one by one
        (later(scores(*[1] * 9, of=8)), 10_000, 8000),
    ],
)
def test_collapse(events: list[Event], steps: int, step: int | None) -> None:
    assert [s for rule, s in found(events, steps) if rule == "collapse"] == ([] if step is None else [step])


@pytest.mark.parametrize(
    ("values", "better", "steps", "step"),
    [
        ((100, 20, 20, 20, 20, 20, 61, 61), "lower", 0, 80),  # more than half of the gain of 80 is lost
        ((100, 20, 20, 20, 20, 20, 59, 59), "lower", 0, None),
        ((100, 20, 20, 20, 20, 20, 90, 20, 90), "lower", 0, None),  # one bad score at a time
        ((100, 20, 90, 90), "lower", 0, None),  # a young run that was lucky once
        ((100, 20, 90, 90), "lower", 60, None),  # or is short
        ((0.05, 0.05, 0.06, 0.05, 0.06, 0.07, 0.07), "lower", 0, None),  # noise near the best possible
        ((1, 8, 8, 8, 8, 8, 3, 3), "higher", 0, 80),
    ],
)
def test_diverging(values: tuple[float, ...], better: str, steps: int, step: int | None) -> None:
    assert found(scores(*values, better=better), steps) == ([] if step is None else [("diverging", step)])


def test_what_was_good_once_is_diverging_in_the_second_half() -> None:
    late = later(scores(100, 90, 90, 90, 90, 20, 90, 90, better="lower"))
    assert [rule for rule, _ in found(late, 10_000)] == ["diverging"]
    assert found(late, 20_000) == found(late[-7:], 10_000) == []


def test_modes_are_looked_at_when_they_are_counted_not_when_something_else_is_told() -> None:
    young = later(scores(*[1, 2] * 4, of=8))
    assert found([*young, {"kind": "health", "step": 9000, **HEALTH}], steps=18_000) == []
    assert found([*young, {**young[-1], "step": 9000}], steps=18_000) == [("collapse", 9000)]


def test_a_loss_that_runs_away() -> None:
    values = [0.3, 0.5, 0.4, 20.0, 5000.0, 80_000.0]
    assert found(told("scalars", ({"D/adversarial": v} for v in values))) == [("diverging", 60)]
    assert found(told("scalars", ({"D/adversarial": v / 100} for v in values))) == [("diverging", 60)][:0]


def test_a_failure_is_told_as_it_was() -> None:
    (finding,) = findings([{"kind": "failure", "step": 7, "error": "it began in D.a"}])
    assert (finding.rule, finding.step, finding.sentence) == ("not finite", 7, "it began in D.a")


def test_each_thing_is_told_once_and_its_end_is_known() -> None:
    watch, told_now = HealthMonitor(), []
    for event in health("spread", 1.0, 1.0, 0.1, 0.1, 0.1, 1.0):
        told_now.append([finding.rule for finding in watch.update([event])])
    assert told_now == [[], [], [], ["collapse"], [], []]
    assert [(f.step, f.last) for f in watch.found.values()] == [(40, 50)]


def test_rules_say_what_to_try_and_have_names_of_their_own() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES) == 6
    assert all(rule.advice and rule.events for rule in RULES)
    assert isinstance(findings(losses(1.0, 0.001))[0], Finding)
