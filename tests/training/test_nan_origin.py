"""The origin of a non-finite loss: a weight, an update, an output, or the loss itself."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from ganbench.training.nan_origin import first_nonfinite_layer


def networks() -> nn.ModuleDict:
    modules = {
        name: nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2), nn.Linear(2, 1)) for name in "GD"
    }
    return nn.ModuleDict(modules)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_weight(bad: float) -> None:
    nets = networks()
    with torch.no_grad():
        nets["D"][2].weight[0, 0] = bad
    assert first_nonfinite_layer(nets, lambda: None) == "D.2.weight"


def test_of_several_weights_the_one_nearest_to_the_output_was_first() -> None:
    nets = networks()
    with torch.no_grad():
        nets["D"][0].weight.fill_(math.nan)
        nets["D"][0].bias.fill_(math.nan)
        nets["D"][2].weight.fill_(math.nan)
    assert (
        first_nonfinite_layer(nets, lambda: None) == "D.2.weight, from where it spread to 2 other parameters"
    )


def test_a_whole_update() -> None:
    nets = networks()
    with torch.no_grad():
        for parameter in nets["G"].parameters():
            parameter.fill_(math.nan)
    assert first_nonfinite_layer(nets, lambda: None) == "an update of G that left none of its weights finite"


def test_an_output_and_the_loss_itself() -> None:
    nets = networks()
    with torch.no_grad():
        nets["D"][2].weight.fill_(3e38)
        nets["D"][0].bias.fill_(9.0)
    assert first_nonfinite_layer(nets, lambda: nets["D"](torch.ones(1, 2))) == "the output of D.2"
    assert first_nonfinite_layer(nets, lambda: nets["G"](torch.ones(1, 2))).startswith("the loss itself")
    assert first_nonfinite_layer(nets) == "", "unknown without the forward pass"
    assert not nets["D"][2]._forward_hooks
