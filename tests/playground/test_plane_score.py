from __future__ import annotations

import torch

from ganbench.data.plane import plane
from ganbench.data.toy import ring8
from ganbench.playground.plane_score import SAMPLES, PlaneScorer


def test_known_modes_are_counted() -> None:
    data = ring8()
    scorer = PlaneScorer(data, seed=0)
    at_two = data.modes[torch.arange(SAMPLES) % 2]
    score = scorer.score(at_two, step=7)
    assert (score.step, score.name, score.value, score.best, score.high_quality) == (
        7,
        "modes covered",
        2,
        8,
        1,
    )
    assert scorer.score(at_two + 100, step=8).value == 0


def test_a_drawing_is_compared_by_its_distance() -> None:
    data = plane(points=tuple((x / 100, 0.0) for x in range(-20, 21)))
    scorer = PlaneScorer(data, seed=0)
    same = data.points[torch.arange(SAMPLES) % len(data)]
    near, far = scorer.score(same, 0), scorer.score(same + torch.tensor([0.0, 0.5]), 0)
    assert (near.name, near.best, near.high_quality) == ("distance", 0, None)
    assert near.value < 0.01
    assert abs(far.value - 0.5 / 2**0.5) < 0.02  # a shift by d changes each projection by d cos(angle)
