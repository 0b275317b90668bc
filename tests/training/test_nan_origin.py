"""Where it began: a weight, an update, an output, or the loss alone."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from ganbench.training.nan_origin import first_nonfinite_layer


def networks() -> nn.ModuleDict:
    made = {
        name: nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2), nn.Linear(2, 1)) for name in "GD"
    }
    return nn.ModuleDict(made)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_weight(bad: float) -> None:
    made = networks()
    with torch.no_grad():
        made["D"][2].weight[0, 0] = bad
    assert first_nonfinite_layer(made, lambda: None) == "D.2.weight"


def test_a_gradient_spreads_to_the_input_so_the_layer_nearest_to_the_output_was_first() -> None:
    made = networks()
    with torch.no_grad():
        made["D"][0].weight.fill_(math.nan)
        made["D"][0].bias.fill_(math.nan)
        made["D"][2].weight.fill_(math.nan)
    assert first_nonfinite_layer(made, lambda: None) == "D.2.weight, and from there in 2 more parameters"


def test_a_whole_update() -> None:
    made = networks()
    with torch.no_grad():
        for parameter in made["G"].parameters():
            parameter.fill_(math.nan)
    assert first_nonfinite_layer(made, lambda: None) == "an update of G that left none of its weights finite"


def test_an_output_of_finite_weights_and_the_loss_alone() -> None:
    made = networks()
    with torch.no_grad():
        made["D"][2].weight.fill_(3e38)
        made["D"][0].bias.fill_(9.0)
    assert first_nonfinite_layer(made, lambda: made["D"](torch.ones(1, 2))) == "the output of D.2"
    assert first_nonfinite_layer(made, lambda: made["G"](torch.ones(1, 2))).startswith("the loss itself")
    assert first_nonfinite_layer(made) == "", "without the passes nothing is known"
    assert not made["D"][2]._forward_hooks
