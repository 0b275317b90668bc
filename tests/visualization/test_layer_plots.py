"""Series of layer statistics by network and parameter, and their picture."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ganbench.errors import UserError
from ganbench.visualization.layer_plots import layer_series, layers_picture, short_name


def events(n: int = 3) -> list[dict[str, Any]]:
    return [
        {
            "kind": "layers",
            "step": 10 * i,
            "parameters": {
                "G.first.weight": [1.0 * i, 0.1, 0.5],
                "G.first.bias": [0.0, 0.0, None],
                "D.layers.0.weight": [None, -0.1 * i, 0.25],
            },
        }
        for i in range(1, n + 1)
    ]


def decode(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def test_each_parameter_has_a_series() -> None:
    series = layer_series(events())
    assert {network: list(parameters) for network, parameters in series.items()} == {
        "G": ["first.weight", "first.bias"],
        "D": ["layers.0.weight"],
    }
    weight = series["G"]["first.weight"]
    assert weight.steps.tolist() == [10, 20, 30]
    assert weight.gradient.tolist() == [1, 2, 3]
    assert weight.mean.tolist() == [0.1] * 3
    assert weight.std.tolist() == [0.5] * 3
    assert np.isnan(series["D"]["layers.0.weight"].gradient).all()
    assert series["D"]["layers.0.weight"].mean.tolist() == pytest.approx([-0.1, -0.2, -0.3])
    assert layer_series([]) == {}


def test_a_parameter_that_appears_later_has_its_own_steps() -> None:
    late = events(2)
    late[1]["parameters"]["D.new"] = [1.0, 2.0, 3.0]
    assert layer_series(late)["D"]["new"].steps.tolist() == [20]


@pytest.mark.filterwarnings("error")
def test_the_picture_is_reproducible_and_depends_on_the_events() -> None:
    series = layer_series(events())
    png = layers_picture("G", series["G"])
    assert png == layers_picture("G", layer_series(events())["G"])
    assert png != layers_picture("G", layer_series(events(4))["G"])
    assert decode(png).shape[1] == 900
    assert decode(layers_picture("D", series["D"])).shape[1] == 900  # no gradient at all


def test_many_layers_need_a_taller_picture() -> None:
    series = layer_series(events())["G"]["first.weight"]
    few, many = (layers_picture("G", {f"layer{i}": series for i in range(n)}) for n in (4, 40))
    assert decode(many).shape[0] > decode(few).shape[0] + 200


def test_short_names_omit_parametrizations() -> None:
    assert short_name("layers.0.parametrizations.weight.original") == "layers.0.weight"
    assert short_name("layers.0.bias") == "layers.0.bias"


def test_no_layers_logged() -> None:
    with pytest.raises(UserError, match=r"layers of G; set schedule.layers_every above 0"):
        layers_picture("G", {})
