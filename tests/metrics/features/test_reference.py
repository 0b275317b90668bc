"""The cache of reference statistics: hits, misses, and damaged files."""

from __future__ import annotations

import os
import sys

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.metrics.stand_ins import MemoryDataset, Projection
from tests.support.damage import damaged

from ganbench.metrics.features.gaussian import Gaussian, RunningGaussian
from ganbench.metrics.features.reference import (
    read_statistics,
    reference_statistics,
    statistics_path,
    write_statistics,
)


def _same(a: Gaussian, b: Gaussian) -> bool:
    return a.count == b.count and torch.equal(a.mean, b.mean) and torch.equal(a.covariance, b.covariance)


def test_the_second_call_reads_nothing_and_returns_the_same(random_images):
    reference, extractor = MemoryDataset(random_images(1100)), Projection()
    steps = []
    first = reference_statistics(reference, extractor, progress=lambda done, all_: steps.append((done, all_)))
    assert steps == [(500, 1100), (1000, 1100), (1100, 1100)]
    running = RunningGaussian(extractor.dims)
    running.add(extractor(reference.data))
    assert torch.allclose(first.covariance, running.gaussian().covariance, rtol=1e-9)
    reference.reads = 0
    assert _same(reference_statistics(reference, Projection()), first)
    assert reference.reads == 0


def test_everything_that_matters_is_in_the_key(random_images):
    data = random_images(30)
    renamed, prepared = Projection(), Projection()
    renamed.name = "projection@9"
    prepared.preprocessing = {"none": False}
    paths = {
        statistics_path(MemoryDataset(data), Projection(), 30),
        statistics_path(MemoryDataset(data), Projection(), 29),
        statistics_path(MemoryDataset(data, fingerprint="f2"), Projection(), 30),
        statistics_path(MemoryDataset(data), Projection(seed=1), 30),
        statistics_path(MemoryDataset(data), renamed, 30),
        statistics_path(MemoryDataset(data), prepared, 30),
    }
    assert len(paths) == 6
    assert statistics_path(MemoryDataset(data, name="other name"), Projection(), 30) in paths


def test_a_subset_is_random_but_fixed(random_images):
    data = torch.arange(200, dtype=torch.uint8).reshape(-1, 1, 1, 1)
    indices = []

    class Watched(MemoryDataset):
        def items(self, index):
            indices.append(index)
            return super().items(index)

    subset = reference_statistics(Watched(data, fingerprint=""), Projection((1, 1, 1)), 50)
    again = reference_statistics(Watched(data, fingerprint=""), Projection((1, 1, 1)), 50)
    assert _same(subset, again)
    assert len(indices[0].unique()) == 50
    assert indices[0].max() > 150
    assert torch.equal(indices[0], indices[1])


def test_a_data_set_without_a_fingerprint_is_not_cached(random_images, cache):
    reference_statistics(MemoryDataset(random_images(30), fingerprint=""), Projection())
    assert not cache.exists()


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_to_the_file_is_detected(tmp_path, data):
    path = tmp_path / "x.stat"
    write_statistics(
        path, Gaussian(7, torch.arange(3.0, dtype=torch.float64), torch.eye(3, dtype=torch.float64))
    )
    path.write_bytes(data.draw(damaged(path.read_bytes())))
    assert read_statistics(path) is None


def test_a_written_file_is_read_and_leaves_no_other_file(tmp_path):
    statistics = Gaussian(7, torch.arange(3.0, dtype=torch.float64), torch.eye(3, dtype=torch.float64))
    write_statistics(tmp_path / "deep" / "x.stat", statistics)
    result = read_statistics(tmp_path / "deep" / "x.stat")
    assert result is not None
    assert _same(result, statistics)
    assert os.listdir(tmp_path / "deep") == ["x.stat"]


def test_a_damaged_file_is_computed_again_and_replaced(random_images):
    reference, extractor = MemoryDataset(random_images(30)), Projection()
    first = reference_statistics(reference, extractor)
    path = statistics_path(reference, extractor, 30)
    path.write_bytes(path.read_bytes()[:-1])
    assert _same(reference_statistics(reference, extractor), first)
    assert reference.reads == 60
    assert _same(reference_statistics(reference, extractor), first)
    assert reference.reads == 60


def test_a_failed_write_leaves_only_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "x.stat"
    old = Gaussian(7, torch.zeros(3, dtype=torch.float64), torch.eye(3, dtype=torch.float64))
    write_statistics(path, old)

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_statistics(path, Gaussian(8, old.mean + 1, old.covariance))
    result = read_statistics(path)
    assert result is not None
    assert _same(result, old)
    assert os.listdir(tmp_path) == ["x.stat"]


def test_a_folder_that_is_not_writable_causes_a_warning(random_images, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "file"))
    with pytest.warns(UserWarning, match="not cached"):
        result = reference_statistics(MemoryDataset(random_images(30)), Projection())
    assert result.count == 30


@pytest.mark.parametrize("items", [1, 31])
def test_an_invalid_count_raises_an_error(random_images, items):
    with pytest.raises(ValueError, match=f"cannot take {items} of the 30 items of 'held'"):
        reference_statistics(MemoryDataset(random_images(30)), Projection(), items)


@pytest.mark.skipif(sys.platform == "win32", reason="needs os.fork")
def test_two_processes_may_write_at_once(tmp_path):
    path = tmp_path / "x.stat"
    mean = torch.zeros(50, dtype=torch.float64)
    both = [Gaussian(n, mean + n, torch.eye(50, dtype=torch.float64) * n) for n in (2, 3)]
    write_statistics(path, both[0])
    child = os.fork()
    if child == 0:
        for _ in range(30):
            write_statistics(path, both[1])
        os._exit(0)
    results = []
    for _ in range(30):
        write_statistics(path, both[0])
        results.append(read_statistics(path))
    assert os.waitpid(child, 0)[1] == 0
    assert all(r is not None and (_same(r, both[0]) or _same(r, both[1])) for r in results)
    assert os.listdir(tmp_path) == ["x.stat"]
