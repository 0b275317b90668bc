from __future__ import annotations

from typing import Any, get_args

import pytest
import torch

from ganbench.errors import UserError
from ganbench.layers import Norm1d, Norm2d, norm_1d, norm_2d


@pytest.mark.parametrize("kind", [k for k in get_args(Norm2d) if k != "none"])
def test_norms_of_maps_give_mean_0_and_standard_deviation_1_over_their_axes(kind: Norm2d) -> None:
    x = torch.randn(6, 4, 5, 5) * torch.arange(1, 5).view(1, 4, 1, 1) + torch.arange(6).view(6, 1, 1, 1)
    axes = {"batch": (0, 2, 3), "instance": (2, 3), "layer": (1, 2, 3)}[kind]
    y = norm_2d(kind, 4)(x)
    torch.testing.assert_close(y.mean(axes), torch.zeros_like(y.mean(axes)), atol=1e-5, rtol=0)
    torch.testing.assert_close(y.std(axes, correction=0), torch.ones_like(y.mean(axes)), atol=1e-3, rtol=0)


def test_layer_norm_preserves_differences_between_channels() -> None:
    x = torch.randn(2, 3, 4, 4) * 0.01 + torch.tensor([-1.0, 0.0, 1.0]).view(1, 3, 1, 1)
    means = norm_2d("layer", 3)(x).mean((0, 2, 3))
    torch.testing.assert_close(means, torch.tensor([-1.0, 0.0, 1.0]) * 1.5**0.5, atol=0.05, rtol=0)


@pytest.mark.parametrize("kind", [k for k in get_args(Norm1d) if k != "none"])
def test_norms_of_features_give_mean_0_and_standard_deviation_1_over_their_axis(kind: Norm1d) -> None:
    x = torch.randn(40, 30) * 3 + 2
    axis = {"batch": 0, "layer": 1}[kind]
    y = norm_1d(kind, 30)(x)
    torch.testing.assert_close(y.mean(axis), torch.zeros_like(y.mean(axis)), atol=1e-5, rtol=0)
    torch.testing.assert_close(y.std(axis, correction=0), torch.ones_like(y.mean(axis)), atol=1e-3, rtol=0)


@pytest.mark.parametrize(
    "layer", [*(norm_1d(k, 7) for k in get_args(Norm1d)), *(norm_2d(k, 7) for k in get_args(Norm2d))], ids=str
)
def test_each_norm_has_a_gain_and_a_bias_per_channel(layer: torch.nn.Module) -> None:
    sizes = [tuple(p.shape) for p in layer.parameters()]
    assert sizes == ([] if isinstance(layer, torch.nn.Identity) else [(7,), (7,)])


@pytest.mark.parametrize("make", [norm_1d, norm_2d])
def test_refuses_an_unknown_name(make: Any) -> None:
    with pytest.raises(UserError, match="Unknown norm 'layr'; did you mean 'layer'"):
        make("layr", 4)
