"""The rules on handwritten events: each finds its problem at the right report, and none in healthy runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from ganbench.health import RULES, Finding, HealthMonitor, diagnose, verdict

Event = dict[str, Any]
HEALTH = {"spread": 1.0, "nearest": 1.0, "separation": 0.8, "undecided": 2.0}


def make_events(kind: str, values: Iterable[dict[str, Any]]) -> list[Event]:
    return [{"kind": kind, "step": 10 * i, **value} for i, value in enumerate(values, 1)]


def losses(*values: float) -> list[Event]:
    """One health event, then D's loss by report, with a changing loss of G."""
    terms = make_events(
        "scalars", ({"D/adversarial": v, "G/adversarial": 1 + 0.1 * i} for i, v in enumerate(values))
    )
    return [{"kind": "health", "step": 0, **HEALTH, "separation": 1.0}, *terms]


def health(name: str, *values: float) -> list[Event]:
    return make_events("health", ({**HEALTH, name: value} for value in values))


def scores(*values: float, better: str = "higher", modes: int | None = None) -> list[Event]:
    details = {} if modes is None else {"modes": modes}
    name = "fd" if modes is None else "modes"
    return make_events(
        "score", ({"name": name, "value": v, "better": better, "details": details} for v in values)
    )


def layers(*rows: tuple[float | None, float]) -> list[Event]:
    """Reports of (gradient norm, mean) of one weight of G; D's weight changes."""
    return make_events(
        "layers",
        ({"parameters": {"G.a": [g, m, 1.0], "D.a": [0.1, i, 1.0]}} for i, (g, m) in enumerate(rows)),
    )


def every_1000_steps(events: list[Event]) -> list[Event]:
    """The same events, 1,000 steps apart."""
    return [{**event, "step": 100 * event["step"]} for event in events]


def diagnosed(events: list[Event], steps: int = 0) -> list[tuple[str, int]]:
    return [(finding.rule, finding.first_step) for finding in diagnose(events, steps)]


@pytest.mark.parametrize(
    ("values", "step"),
    [((1.0, 0.03, 0.03), 30), ((1.0, 0.003), 20), ((0.03, 0.05, 0.03), None), ((1.0, -0.01, -0.01), None)],
)
def test_d_saturated(values: tuple[float, ...], step: int | None) -> None:
    """An undecided D has loss 2: saturated below .04 at two reports, or below .004 at one."""
    assert diagnosed(losses(*values)) == ([] if step is None else [("D saturated", step)])


def test_low_separation_or_no_undecided_loss_is_not_saturated() -> None:
    events = losses(1.0, 0.001, 0.002)
    assert diagnosed([{**e, "separation": 0.9} if e["kind"] == "health" else e for e in events]) == []
    assert diagnosed([e for e in events if e["kind"] != "health"]) == []


@pytest.mark.parametrize(
    ("norms", "step"), [((1, 2, 1e-4, 1e-4), 40), ((1, 2, 1e-4, 1), None), ((1, 2, 0.01, 0.01), None)]
)
def test_g_starved(norms: tuple[float, ...], step: int | None) -> None:
    events = layers(*((norm, 0.1 * i) for i, norm in enumerate(norms)))
    assert diagnosed(events) == ([] if step is None else [("G starved", step)])


def test_losses_frozen() -> None:
    assert diagnosed(
        make_events("scalars", [{"D/adversarial": v, "G/adversarial": 0.7} for v in (1, 0.7, 0.7, 0.7)])
    ) == [("losses frozen", 40)]
    assert (
        diagnosed(
            make_events("scalars", [{"D/adversarial": v, "G/adversarial": 0.7} for v in (0.7, 0.7001, 0.7)])
        )
        == []
    )


def test_weights_frozen_names_the_network() -> None:
    (finding,) = diagnose(layers((1, 0.5), (1, 0.6), (1, 0.6), (1, 0.6)))
    assert (finding.rule, finding.first_step) == ("losses frozen", 40)
    assert "the weights of G are frozen" in finding.message


@pytest.mark.parametrize(("term", "frozen"), [(0.0, "G"), (0.1, "G and Q")])
def test_a_network_whose_loss_term_is_still_0_is_not_frozen(term: float, frozen: str) -> None:
    terms = [{"D/adversarial": 0.1 * i, "D/codes": term, "G/adversarial": 0.2 * i} for i in range(4)]
    weights = {"D.a": [0.1, 0.0, 1.0], "G.a": [0.1, 0.5, 1.0], "Q.a": [0.0, 0.5, 1.0]}
    parameters = [{"parameters": {**weights, "D.a": [0.1, i, 1.0]}} for i in range(4)]
    both = zip(make_events("scalars", terms), make_events("layers", parameters), strict=True)
    (finding,) = diagnose([event for pair in both for event in pair])
    assert f"the weights of {frozen} are frozen" in finding.message


@pytest.mark.parametrize(
    ("events", "steps", "step"),
    [
        (health("spread", 0.1, 0.1, 0.6, 0.6, 0.1, 0.1), 0, 60),  # early, then healthy, then collapsed
        (health("spread", 0.1, 0.1, 0.1, 0.1), 1000, None),  # early in training
        (health("spread", 0.1, 0.1, 0.1, 0.1), 60, None),  # a short run never matures
        (health("spread", *[0.1] * 40), 400, None),  # with any number of reports
        (every_1000_steps(health("spread", *[0.1] * 9)), 10_000, 8000),  # never healthy by the second half
        (every_1000_steps(health("spread", *[0.1] * 9)), 20_000, None),
        (every_1000_steps(health("spread", *[0.1] * 7)), 7000, None),  # few reports
        (health("spread", 1.0, 1.0, 0.1, 1.0, 0.1), 0, None),  # twice, not in a row
        (health("nearest", 1.0, 1.0, 0.05, 0.05), 0, 40),
        (health("nearest", 1.0, 1.0, 0.3, 0.3), 0, None),  # narrow modes
        (scores(2, 8, 7, 4, 4, modes=8), 0, 50),
        (scores(2, 8, 4, 4, modes=8), 0, None),  # high only once
        (scores(1, 4, 2, 2, 8, modes=8), 0, None),  # modes are found one by one
        (every_1000_steps(scores(*[1] * 9, modes=8)), 10_000, 8000),
    ],
)
def test_collapse(events: list[Event], steps: int, step: int | None) -> None:
    assert [s for rule, s in diagnosed(events, steps) if rule == "collapse"] == (
        [] if step is None else [step]
    )


@pytest.mark.parametrize(
    ("values", "better", "steps", "step"),
    [
        ((100, 20, 20, 20, 20, 20, 61, 61), "lower", 0, 80),  # more than half of the gain of 80 is lost
        ((100, 20, 20, 20, 20, 20, 59, 59), "lower", 0, None),
        ((100, 20, 20, 20, 20, 20, 90, 20, 90), "lower", 0, None),  # one bad score at a time
        ((100, 20, 90, 90), "lower", 0, None),  # good only once, early in training
        ((100, 20, 90, 90), "lower", 60, None),  # a short run never matures
        ((0.05, 0.05, 0.06, 0.05, 0.06, 0.07, 0.07), "lower", 0, None),  # noise near the best possible
        ((1, 8, 8, 8, 8, 8, 3, 3), "higher", 0, 80),
    ],
)
def test_diverging(values: tuple[float, ...], better: str, steps: int, step: int | None) -> None:
    assert diagnosed(scores(*values, better=better), steps) == ([] if step is None else [("diverging", step)])


def test_one_good_score_is_enough_in_the_second_half() -> None:
    late = every_1000_steps(scores(100, 90, 90, 90, 90, 20, 90, 90, better="lower"))
    assert [rule for rule, _ in diagnosed(late, 10_000)] == ["diverging"]
    assert diagnosed(late, 20_000) == diagnosed(late[-7:], 10_000) == []


def test_modes_are_checked_only_after_score_events() -> None:
    early = every_1000_steps(scores(*[1, 2] * 4, modes=8))
    assert diagnosed([*early, {"kind": "health", "step": 9000, **HEALTH}], steps=18_000) == []
    assert diagnosed([*early, {**early[-1], "step": 9000}], steps=18_000) == [("collapse", 9000)]


def test_a_diverged_loss() -> None:
    values = [0.3, 0.5, 0.4, 20.0, 5000.0, 80_000.0]
    assert diagnosed(make_events("scalars", ({"D/adversarial": v} for v in values))) == [("diverging", 60)]
    assert diagnosed(make_events("scalars", ({"D/adversarial": v / 100} for v in values))) == []


def test_a_failure_keeps_its_message() -> None:
    (finding,) = diagnose([{"kind": "failure", "step": 7, "error": "it began in D.a"}])
    assert (finding.rule, finding.first_step, finding.message) == ("not finite", 7, "it began in D.a")


def test_each_problem_is_found_once_and_its_last_step_updated() -> None:
    monitor, rules = HealthMonitor(), []
    for event in health("spread", 1.0, 1.0, 0.1, 0.1, 0.1, 1.0):
        rules.append([finding.rule for finding in monitor.update([event])])
    assert rules == [[], [], [], ["collapse"], [], []]
    assert [(f.first_step, f.last_step) for f in monitor.findings.values()] == [(40, 50)]


def test_a_verdict_on_a_young_run_is_reserved() -> None:
    finding = diagnose([{"kind": "failure", "step": 3, "error": "it broke"}])
    assert verdict(finding, 3) == f"the health rules found 1 problem: {finding[0].rule}"
    assert verdict([*finding, *finding], 3).startswith("the health rules found 2 problems: ")
    assert verdict([], 20).startswith("too young to judge: the health rules found no problem in 20 steps")
    assert verdict([], 999).startswith("too young")
    assert verdict([], 1000) == "the health rules found no problem"


def test_rules_have_advice_and_distinct_names() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES) == 6
    assert all(rule.advice and rule.events for rule in RULES)
    assert isinstance(diagnose(losses(1.0, 0.001))[0], Finding)
