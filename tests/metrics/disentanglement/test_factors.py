"""Factors as a network learns them: in closed form, and how well they are read."""

from __future__ import annotations

import math

import pytest
import torch

from ganbench.data.shapes import FIGURES, shapes
from ganbench.metrics.disentanglement.factors import Factor, belief_loss, factors_in, known_factors, quality


def test_what_goes_round_is_a_point_on_a_circle_and_what_has_no_period_its_middle() -> None:
    items = shapes(60)
    index = torch.arange(60)
    given, known = items.factors(index), known_factors(items, index)
    figure = given["figure"]
    assert torch.equal(known["figure"], figure)
    assert torch.equal(known["x"], given["x"].float()[:, None])
    phase = 2 * math.pi * given["tint"]
    torch.testing.assert_close(known["tint"], torch.stack([phase.cos(), phase.sin()], 1).float())
    circle, square = (figure == FIGURES.index(name) for name in ("circle", "square"))
    assert not known["turn"][circle].any()
    four = 4 * given["turn"][square]  # a quarter of a turn leaves a square as it was
    torch.testing.assert_close(known["turn"][square], torch.stack([four.cos(), four.sin()], 1).float())


def test_factors_are_learnt_by_cross_entropy_and_squares_and_judged_by_accuracy_and_r2() -> None:
    known = {"kind": torch.tensor([0, 2, 1, 2]), "size": torch.tensor([[1.0], [2.0], [3.0], [4.0]])}
    factors = factors_in(known)
    assert factors == (Factor("kind", 3, True), Factor("size", 1, False))
    belief = torch.zeros(4, 4)
    assert float(belief_loss(factors, belief, known)) == pytest.approx(math.log(3) + (1 + 4 + 9 + 16) / 4)
    read = {"kind": torch.tensor([0, 2, 2, 2]), "size": torch.tensor([[1.0], [2.0], [3.0], [5.0]])}
    assert quality(known, read) == {"kind": 0.75, "size": pytest.approx(1 - 1 / 5)}
    assert quality(known, {**read, "size": torch.full((4, 1), 2.5)})["size"] == pytest.approx(0)
