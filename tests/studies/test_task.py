"""How many runs share the cores, and with how many threads each."""

from __future__ import annotations

import pytest

from ganbench.studies.plan import Plan
from ganbench.studies.task import threads_for, usual_jobs


def plan(*threads: int | None, seeds: int = 9) -> Plan:
    recipes = {f"r{i}": {"machine": {"threads": asked}} for i, asked in enumerate(threads)}
    return Plan(recipes=recipes, seeds=seeds, overrides={})


@pytest.mark.parametrize(
    ("asked", "seeds", "cores", "jobs"),
    [
        ((None,), 9, 4, 4),
        ((1,), 9, 4, 4),
        ((1, 2), 9, 4, 2),
        ((8,), 9, 4, 1),
        ((1, 1), 1, 4, 2),
        ((1,), 9, 1, 1),
    ],
)
def test_usual_jobs(
    monkeypatch: pytest.MonkeyPatch, asked: tuple[int | None, ...], seeds: int, cores: int, jobs: int
) -> None:
    monkeypatch.setattr("ganbench.studies.task.cores", lambda: cores)
    assert usual_jobs(plan(*asked, seeds=seeds)) == jobs


@pytest.mark.parametrize("cores", [1, 2, 3, 8])
@pytest.mark.parametrize("jobs", [1, 2, 5])
@pytest.mark.parametrize("asked", [None, 1, 4])
def test_threads_never_exceed_the_share(
    monkeypatch: pytest.MonkeyPatch, cores: int, jobs: int, asked: int | None
) -> None:
    monkeypatch.setattr("ganbench.studies.task.cores", lambda: cores)
    threads = threads_for(plan(asked), "r0", jobs)
    assert threads >= 1
    assert threads == 1 or threads * jobs <= cores
    assert asked is None or threads <= asked
    if asked is None:
        assert threads == max(1, cores // jobs)
