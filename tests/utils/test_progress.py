"""When the duration of slow work is printed, and from which rate it is estimated."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from tests.metrics.stand_ins import MemoryDataset, Projection

from ganbench.metrics.coverage.prdc import DensityCoverage, PrecisionRecall
from ganbench.metrics.features import neighbours
from ganbench.metrics.measure import measure
from ganbench.utils import progress as cost
from ganbench.utils.progress import DurationEstimator, format_rough_duration, note_duration, pair_count


def _notes(times: Iterator[float], done: list[int], total: int) -> list[str]:
    notes: list[str] = []
    estimator = DurationEstimator("a pass", notes.append, lambda: next(times))
    for each in done:
        estimator(each, total)
    return notes


def test_a_duration_is_printed_once_and_excludes_the_first_batch():
    # The time of the first 100 does not count; the next 100 take 2 s, so the remaining 9,900 take 198 s.
    assert _notes(iter([50.0, 52.0, 54.0, 56.0]), [100, 200, 300, 400], 10_000) == ["a pass: about 3 min"]


def test_a_slow_pass_says_every_ten_seconds_how_far_it_is():
    times = [0.0, 2.0, 11.9, 12.0, 21.0, 22.5, 40.0]
    done = [100, 200, 700, 800, 1300, 1400, 2000]
    assert _notes(iter(times), done, 2000) == [
        "a pass: about 38 s",
        "a pass: 800 of 2,000 done",
        "a pass: 1,400 of 2,000 done",
    ]


def test_the_rate_is_measured_over_at_least_a_second():
    assert _notes(iter([0.0, 0.01, 0.02, 1.0]), [10, 20, 30, 40], 30_010) == ["a pass: about 17 min"]


def test_fast_work_prints_nothing():
    assert _notes(iter([0.0, 1.5, 3.0]), [100, 200, 300], 1000) == []
    notes: list[str] = []
    note_duration("quick", cost.MIN_NOTED_SECONDS - 0.1, notes.append)
    note_duration("slow", cost.MIN_NOTED_SECONDS, notes.append)
    assert notes == ["slow: about 20 s"]


@pytest.mark.parametrize(
    ("seconds", "words"), [(20.4, "20 s"), (89, "89 s"), (90, "2 min"), (360, "6 min"), (5400, "1.5 h")]
)
def test_format_rough_duration(seconds, words):
    assert format_rough_duration(seconds) == words


def test_pair_count():
    assert pair_count([10, 3]) == 100 + 30 + 9


def test_the_duration_of_a_neighbour_count_is_printed_once(random_images, monkeypatch):
    monkeypatch.setattr(neighbours, "BLOCK_SIZE", 50)
    monkeypatch.setattr(neighbours, "time_call", lambda work, *a: 7.0)  # for one block of each
    notes: list[str] = []
    metrics = [PrecisionRecall(Projection()), DensityCoverage(Projection())]
    measure(metrics, [random_images(150, seed=1)], MemoryDataset(random_images(200)), note=notes.append)
    assert notes == ["pr[projection@8] on 150 samples: about 63 s"]  # 3 x 3 as many pairs


def test_the_trial_is_small(random_images):
    """It counts neighbours of one block each; there is no trial if everything fits into one block."""
    generator = torch.Generator().manual_seed(0)
    real, fake = (torch.randn(n, 4, generator=generator) for n in (neighbours.BLOCK_SIZE + 1, 300))
    assert neighbours.estimate_seconds(real, fake, (3, 5)) > 0
    assert neighbours.estimate_seconds(real[:-1], fake, (3, 5)) == 0


def test_durations_of_samples_and_reference_are_printed(random_images, monkeypatch):
    ticks = iter(range(0, 10_000, 40))
    monkeypatch.setattr(DurationEstimator.__init__, "__defaults__", (None, lambda: float(next(ticks))))
    notes: list[str] = []
    monkeypatch.setattr(
        "ganbench.metrics.features.reference.DurationEstimator",
        lambda what: DurationEstimator(what, notes.append),
    )
    reference = MemoryDataset(random_images(1500))
    measure(
        [PrecisionRecall(Projection())],
        random_images(400, seed=1).split(100),
        reference,
        expected=400,
        note=notes.append,
    )
    assert notes == [
        "features 'projection@8' of 1,500 images of 'held', once: about 80 s",
        "one pass over all samples: about 2 min",
        "one pass over all samples: 300 of 400 done",
    ]
