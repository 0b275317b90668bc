"""Training targets of factors, the loss and the quality of predictions, in closed form."""

from __future__ import annotations

import math

import pytest
import torch

from ganbench.data.shapes import FIGURES, shapes
from ganbench.metrics.disentanglement.factors import (
    Factor,
    factor_loss,
    factor_targets,
    infer_factors,
    prediction_quality,
)


def test_a_cyclic_factor_is_a_point_on_the_unit_circle_and_0_without_a_period() -> None:
    items = shapes(60)
    index = torch.arange(60)
    factors, targets = items.factors(index), factor_targets(items, index)
    figure = factors["figure"]
    assert torch.equal(targets["figure"], figure)
    assert torch.equal(targets["x"], factors["x"].float()[:, None])
    phase = 2 * math.pi * factors["tint"]
    torch.testing.assert_close(targets["tint"], torch.stack([phase.cos(), phase.sin()], 1).float())
    circle, square = (figure == FIGURES.index(name) for name in ("circle", "square"))
    assert not targets["turn"][circle].any()
    four = 4 * factors["turn"][square]  # a quarter of a turn leaves a square unchanged
    torch.testing.assert_close(targets["turn"][square], torch.stack([four.cos(), four.sin()], 1).float())


def test_loss_and_quality_of_classes_and_vectors() -> None:
    targets = {"kind": torch.tensor([0, 2, 1, 2]), "size": torch.tensor([[1.0], [2.0], [3.0], [4.0]])}
    factors = infer_factors(targets)
    assert factors == (Factor("kind", 3, True), Factor("size", 1, False))
    outputs = torch.zeros(4, 4)
    expected = math.log(3) + (1 + 4 + 9 + 16) / 4
    assert float(factor_loss(factors, outputs, targets)) == pytest.approx(expected)
    predictions = {"kind": torch.tensor([0, 2, 2, 2]), "size": torch.tensor([[1.0], [2.0], [3.0], [5.0]])}
    assert prediction_quality(targets, predictions) == {"kind": 0.75, "size": pytest.approx(1 - 1 / 5)}
    constant = {**predictions, "size": torch.full((4, 1), 2.5)}
    assert prediction_quality(targets, constant)["size"] == pytest.approx(0)
