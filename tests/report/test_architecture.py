"""Layers of networks: every parameter is counted once, output shapes are known, and diagrams show them."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest
import torch
from tests.support.training import tiny_recipe

from ganbench.inference.build import assemble
from ganbench.inference.model import Model
from ganbench.report.architecture import Layer, model_layers
from ganbench.report.diagram import network_diagram


def model_of(name: str) -> Model:
    recipe = tiny_recipe(name)
    dataset = recipe.data()
    parts = assemble(recipe, dataset.info, seed=0)
    return Model(parts.algorithm, parts.networks, parts.latent, dataset.info, 0)


@pytest.mark.parametrize(
    "name",
    ["gan-ring8", "veegan-ring8", "pacgan-ring8", "infogan-shapes", "sagan-cifar10", "cgan-maxout-mnist"],
)
def test_every_parameter_is_counted_once_and_every_shape_is_known(name: str) -> None:
    model = model_of(name)
    before = {key: value.clone() for key, value in model.networks.state_dict().items()}
    modes = [module.training for module in model.networks.modules()]
    networks = model_layers(model)
    assert list(networks) == list(model.networks)
    for network, layers in networks.items():
        assert sum(layer.parameters for layer in layers) == sum(
            p.numel() for p in model.networks[network].parameters()
        )
        unknown = [layer.kind.split()[0] for layer in layers if not layer.shape]
        assert set(unknown) <= {"Embedding"}, "its weights are used without a call"
    assert [module.training for module in model.networks.modules()] == modes
    assert all(torch.equal(value, before[key]) for key, value in model.networks.state_dict().items())


def test_layers_are_in_call_order_with_the_names_of_the_statistics() -> None:
    layers = model_layers(model_of("sagan-cifar10"))["G"]
    first, attention = layers[0], next(layer for layer in layers if layer.kind == "SelfAttention")
    assert first.name == "layers.0"
    assert first.kind == "ConvTranspose2d kernel 4 spectral norm"
    assert attention.parameters == 1, "gamma; its convolutions are separate layers before it"
    assert [layer.name for layer in layers].index(f"{attention.name}.out") < layers.index(attention)
    assert layers[-1].shape == (3, 32, 32)


def test_a_network_that_cannot_be_called_is_listed_without_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of("gan-ring8")
    monkeypatch.setattr(type(model.networks["D"]), "forward", lambda self, a, b, c: None)
    layers = model_layers(model)["D"]
    assert [layer.kind for layer in layers].count("Linear") == 4
    assert not any(layer.shape for layer in layers)


def test_a_diagram_has_a_box_for_each_change_and_names_following_layers() -> None:
    layers = [
        Layer("a", "Conv2d kernel 3 stride 2", (8, 16, 16), 224),
        Layer("b", "BatchNorm2d", (8, 16, 16), 16),
        Layer("c", "ReLU", (8, 16, 16), 0),
        Layer("<d>", "Linear", (10,), 100),
    ]
    svg = network_diagram("<D>", layers)
    root = ElementTree.fromstring(svg)
    namespace = "{http://www.w3.org/2000/svg}"
    boxes = [float(box.get("height") or 0) for box in root.iter(f"{namespace}rect")]
    assert len(boxes) == 2
    assert boxes[0] > boxes[1], "a 16 x 16 map is svg higher than a vector of length 10"
    words = [node.text for node in root.iter(f"{namespace}text")]
    assert words == ["8 x 16 x 16", "Conv2d", "kernel 3 stride 2", "BatchNorm2d ReLU", "10", "Linear"]
    assert root.get("aria-label") == "<D>, layer by layer: 8 x 16 x 16, 10"
