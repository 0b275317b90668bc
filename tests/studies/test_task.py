"""The number of parallel runs and their threads."""

from __future__ import annotations

import pytest

from ganbench.studies.backends.local import LocalBackend
from ganbench.studies.plan import Plan
from ganbench.studies.task import default_jobs, threads_per_run


def plan(*threads: int | None, seeds: int = 9) -> Plan:
    recipes = {f"r{i}": {"machine": {"threads": count}} for i, count in enumerate(threads)}
    return Plan(recipes=recipes, seeds=seeds, overrides={})


@pytest.mark.parametrize(
    ("threads_setting", "seeds", "cores", "jobs"),
    [
        ((None,), 9, 4, 4),
        ((1,), 9, 4, 4),
        ((1, 2), 9, 4, 2),
        ((8,), 9, 4, 1),
        ((1, 1), 1, 4, 2),
        ((1,), 9, 1, 1),
    ],
)
def test_default_jobs(
    monkeypatch: pytest.MonkeyPatch,
    threads_setting: tuple[int | None, ...],
    seeds: int,
    cores: int,
    jobs: int,
) -> None:
    monkeypatch.setattr("ganbench.studies.backends.local.usable_cores", lambda: cores)
    assert default_jobs(plan(*threads_setting, seeds=seeds), LocalBackend()) == jobs


@pytest.mark.parametrize("cores", [1, 2, 3, 8])
@pytest.mark.parametrize("jobs", [1, 2, 5])
@pytest.mark.parametrize("threads_setting", [None, 1, 4])
def test_threads_never_exceed_the_share(
    monkeypatch: pytest.MonkeyPatch, cores: int, jobs: int, threads_setting: int | None
) -> None:
    monkeypatch.setattr("ganbench.studies.backends.local.usable_cores", lambda: cores)
    monkeypatch.setattr("ganbench.utils.cores.usable_cores", lambda: cores)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    threads = threads_per_run(plan(threads_setting), "r0", jobs, LocalBackend())
    assert threads >= 1
    assert threads == 1 or threads * jobs <= cores
    assert threads_setting is None or threads <= threads_setting
    if threads_setting is None:
        assert threads == max(1, cores // jobs)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert threads_per_run(plan(threads_setting), "r0", jobs, LocalBackend()) == min(threads, 2)
