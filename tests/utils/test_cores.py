from __future__ import annotations

import os
from pathlib import Path

import pytest

from ganbench.utils import cores
from ganbench.utils.cores import cpu_quota, threads_per_process, usable_cores


@pytest.fixture
def eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)
    monkeypatch.setattr(cores, "cpu_quota", lambda: None)


@pytest.mark.parametrize(
    ("setting", "processes", "threads"),
    [
        (None, 1, 8),
        (None, 3, 2),
        (None, 16, 1),
        ("1", 1, 1),
        ("3", 1, 3),
        ("3", 4, 3),  # the variable counts the threads of one process
        ("16", 1, 16),
        ("2,4", 1, 2),  # a list: the number for each level of nesting
        (" 2 ", 1, 2),
        ("0", 1, 8),
        ("-1", 1, 8),
        ("x", 1, 8),
        ("", 1, 8),
    ],
)
def test_threads_follow_the_environment_then_the_cores(
    monkeypatch: pytest.MonkeyPatch, eight_cores: None, setting: str | None, processes: int, threads: int
) -> None:
    if setting is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", setting)
    assert threads_per_process(processes) == threads


@pytest.mark.parametrize(
    ("quota", "cores_left"), [(0.5, 1), (1.0, 1), (1.5, 2), (4.0, 4), (99.0, 8), (None, 8)]
)
def test_a_quota_limits_the_cores(
    monkeypatch: pytest.MonkeyPatch, eight_cores: None, quota: float | None, cores_left: int
) -> None:
    monkeypatch.setattr(cores, "cpu_quota", lambda: quota)
    assert usable_cores() == cores_left


def test_without_an_affinity_all_cores_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    monkeypatch.setattr(cores, "cpu_quota", lambda: None)
    assert usable_cores() == 6


@pytest.mark.parametrize(
    ("files", "quota"),
    [
        ({"cpu.max": "150000 100000\n"}, 1.5),
        ({"cpu.max": "max 100000\n"}, None),
        ({"cpu/cpu.cfs_quota_us": "200000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 2.0),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, None),
        ({}, None),
    ],
)
def test_the_quota_of_a_control_group(tmp_path: Path, files: dict[str, str], quota: float | None) -> None:
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    assert cpu_quota(tmp_path) == quota
