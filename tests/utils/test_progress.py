"""The line before long work: when it is said, and by what rate."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from tests.metrics.stand_ins import Held, Projection

from ganbench.metrics.coverage.prdc import DensityCoverage, PrecisionRecall
from ganbench.metrics.features import neighbours
from ganbench.metrics.measure import measure
from ganbench.utils import progress as cost
from ganbench.utils.progress import Forecast, announce, in_words, pairs


def _said(times: Iterator[float], done: list[int], total: int) -> list[str]:
    said: list[str] = []
    forecast = Forecast("a pass", said.append, lambda: next(times))
    for each in done:
        forecast(each, total)
    return said


def test_a_pass_is_forecast_once_from_its_own_rate_without_its_first_chunk():
    # The first 100 took no matter how long; then 100 in 2 s, so that the other 9,900 take 198 s.
    assert _said(iter([50.0, 52.0, 54.0, 56.0]), [100, 200, 300, 400], 10_000) == ["a pass: about 3 min"]


def test_the_rate_is_that_of_a_second_at_least():
    assert _said(iter([0.0, 0.01, 0.02, 1.0]), [10, 20, 30, 40], 30_010) == ["a pass: about 17 min"]


def test_what_is_soon_done_is_not_announced():
    assert _said(iter([0.0, 1.5, 3.0]), [100, 200, 300], 1000) == []
    said: list[str] = []
    announce("quick", cost.LONG - 0.1, said.append)
    announce("slow", cost.LONG, said.append)
    assert said == ["slow: about 20 s"]


@pytest.mark.parametrize(
    ("seconds", "words"), [(20.4, "20 s"), (89, "89 s"), (90, "2 min"), (360, "6 min"), (5400, "1.5 h")]
)
def test_times_are_in_the_unit_that_suits(seconds, words):
    assert in_words(seconds) == words


def test_pairs_of_rows():
    assert pairs([10, 3]) == 100 + 30 + 9


def test_a_count_of_neighbours_is_announced_by_its_trial_and_only_the_first_time(pictures, monkeypatch):
    monkeypatch.setattr(neighbours, "BLOCK", 50)
    monkeypatch.setattr(neighbours, "seconds_of", lambda work, *a: 7.0)  # of one block of each
    said: list[str] = []
    metrics = [PrecisionRecall(Projection()), DensityCoverage(Projection())]
    measure(metrics, [pictures(150, seed=1)], Held(pictures(200)), note=said.append)
    assert said == ["pr[projection@8] on 150 samples: about 63 s"]  # 3 x 3 as many pairs


def test_the_trial_is_a_trial(pictures):
    """It counts neighbours of one block each, and nothing is tried where all is one block."""
    generator = torch.Generator().manual_seed(0)
    real, fake = (torch.randn(n, 4, generator=generator) for n in (neighbours.BLOCK + 1, 300))
    assert neighbours.seconds_for(real, fake, (3, 5)) > 0
    assert neighbours.seconds_for(real[:-1], fake, (3, 5)) == 0


def test_a_look_at_the_samples_and_at_the_reference_is_forecast(pictures, monkeypatch):
    ticks = iter(range(0, 10_000, 40))
    monkeypatch.setattr(Forecast.__init__, "__defaults__", (None, lambda: float(next(ticks))))
    said: list[str] = []
    monkeypatch.setattr(
        "ganbench.metrics.features.reference.Forecast", lambda what: Forecast(what, said.append)
    )
    reference = Held(pictures(1500))
    measure(
        [PrecisionRecall(Projection())],
        pictures(400, seed=1).split(100),
        reference,
        expected=400,
        note=said.append,
    )
    assert said == [
        "features 'projection@8' of 1,500 pictures of 'held', once: about 80 s",
        "a look at all samples: about 2 min",
    ]
