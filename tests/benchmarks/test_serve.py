"""The load test of the server sees what is lost and what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks.export_parity import random_model
from benchmarks.serve import expected_request, measure_bare, summary
from benchmarks.serve_exact import measure
from benchmarks.serve_exact import summary as exact_summary
from benchmarks.serve_load import Request, load
from tests.support.serving import Client, running

from ganbench.inference.model import Model
from ganbench.recipes.registry import find_recipe
from ganbench.serve.app import create_app
from ganbench.serve.limits import Limits
from ganbench.serve.served_model import start_model
from ganbench.serve.telemetry import Telemetry

RECIPE, ROOT = "gan-ring8", Path(__file__).parents[2]


@pytest.fixture(scope="module")
def model() -> Model:
    return random_model(RECIPE)


@pytest.fixture(scope="module")
def client(model: Model) -> Iterator[Client]:
    telemetry, limits = Telemetry(), Limits(samples=20)
    served = start_model("m", model, find_recipe(RECIPE, "laptop"), telemetry, batch=32, limits=limits)
    with running(create_app([served], telemetry, limits)) as connected:
        yield connected


def test_right_wrong_and_refused_answers_are_told_apart(client: Client, model: Model) -> None:
    right = [expected_request(model, n, seed) for seed, n in enumerate((1, 3, 8))]
    wrong = replace(right[0], expected=right[0].expected[:-1] + b"x" if right[0].expected else None)
    refused = Request("/sample?n=21", 21)
    outcome = load(client.port, iter([*right, wrong, refused]), clients=2)
    assert (outcome.answered, outcome.samples, outcome.broken_off) == (3, 12, 0)
    assert outcome.wrong == [wrong.path]
    assert "a request may be for 20 samples" in outcome.lost[0]
    assert len(outcome.latencies) == 3
    assert 0 < outcome.percentile(0.5) <= outcome.percentile(0.99)


def test_clients_that_break_off_lose_no_answers_of_others(client: Client, model: Model) -> None:
    requests = [expected_request(model, 2, seed) for seed in range(5)] * 12
    outcome = load(client.port, iter(requests), clients=8, broken_off=0.3)
    assert outcome.lost == outcome.wrong == []
    assert outcome.broken_off + outcome.answered == 60
    assert 5 < outcome.broken_off < 40


def test_the_bare_model_is_measured(model: Model) -> None:
    measured = measure_bare(model, 0.05)
    assert measured["samples"] > 0
    assert measured["cpu_ms"] > 0


def test_the_summary_of_a_record() -> None:
    throughput = {
        "served": 9,
        "bare": 10,
        "ratio": 0.9,
        "served_cpu_ms": 1,
        "bare_cpu_ms": 1,
        "p50_ms": 2,
        "p99_ms": 3,
    }
    record = {
        "throughput": {"n=1": throughput},
        "correctness": {"requests": 9, "broken_off": 1, "lost": 0, "wrong": 2, "p50_ms": 4, "p99_ms": 5},
        "stop": {"exit_code": 0, "seconds": 1, "lost": 0},
        "random_requests": {"cases": 7, "server_errors": 0, "against_the_schema": 0},
    }
    first, second, *_ = summary(record).splitlines()
    assert first.startswith("n=1: 9 samples/s of the bare model's 10 (ratio 0.90, goal 0.85)")
    assert "9 requests, 1 broken off: 0 lost, 2 wrong" in second


def test_exactness_of_one_recipe() -> None:
    results = measure(RECIPE, 8, 32)
    assert results["sample"]["mates"] == 0
    assert results["sample"]["sizes"] < 1e-5
    assert "of 1 models, 1 do not depend on other rows" in exact_summary({RECIPE: results})


def test_the_docs_link_the_records() -> None:
    page = (ROOT / "docs" / "serve.md").read_text(encoding="utf-8")
    for name in ("serve.json", "serve_exact.json"):
        assert f"(../results/{name})" in page
        assert (ROOT / "results" / name).is_file()
