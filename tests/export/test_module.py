"""The exported module computes what the model does, for every recipe and each part of it."""

from __future__ import annotations

import pytest
import torch
from benchmarks.export_parity import parts_of, random_model
from torch.nn.utils import parametrize

from ganbench.algorithms.capabilities import PreparesLatents
from ganbench.export.module import ExportedModule, example_inputs, plain_copy
from ganbench.export.parity import reference_results
from ganbench.export.parts import default_target
from ganbench.recipes.registry import recipe_functions

WIDTH = 8


@pytest.mark.parametrize("name", recipe_functions())
def test_every_recipe_has_a_part_that_computes_what_its_model_does(name: str) -> None:
    model = random_model(name, WIDTH)
    parts = parts_of(model)
    assert parts
    for part in parts:
        inputs = example_inputs(model, part, 5)
        target = default_target(model, part)
        expected = reference_results(model, part, inputs, target)
        module = ExportedModule(model, part, target)
        results = module(*inputs.values())
        assert results.keys() == expected.keys()
        for key, value in expected.items():
            assert results[key].dtype == value.dtype
            assert torch.allclose(
                results[key].float(), value.float(), atol=1e-5 if value.is_floating_point() else 1
            )
        assert not any(parametrize.is_parametrized(layer) for layer in module.modules())
        assert not any(parameter.requires_grad for parameter in module.parameters())
        assert 0 < len(module.networks) < len(model.networks) or len(model.networks) == 1


@pytest.mark.parametrize("name", ["sngan-mnist", "cgan-dense-mnist", "infogan-mnist", "sagan-cifar10"])
def test_samples_are_those_of_the_same_seed(name: str) -> None:
    model = random_model(name, WIDTH)
    results = ExportedModule(model, "generator")(*example_inputs(model, "generator", 9, seed=4).values())
    assert torch.equal(results["samples"], model.sample(9, seed=4))


def test_the_original_keeps_its_parametrizations() -> None:
    model = random_model("sagan-cifar10", WIDTH)
    before = {name: value.clone() for name, value in model.networks.state_dict().items()}
    samples = model.sample(3)
    copied = plain_copy(model.networks)
    assert any(parametrize.is_parametrized(layer) for layer in model.networks.modules())
    assert not any(parametrize.is_parametrized(layer) for layer in copied.modules())
    assert torch.equal(model.sample(3), samples)
    assert before.keys() == model.networks.state_dict().keys()
    assert all(torch.equal(before[name], value) for name, value in model.networks.state_dict().items())


def test_only_the_networks_in_use_are_part_of_it() -> None:
    assert list(ExportedModule(random_model("dcgan-mnist", WIDTH), "generator").networks) == ["G"]
    bigan = random_model("bigan-mnist", WIDTH)
    assert list(ExportedModule(bigan, "generator").networks) == ["G"]
    assert list(ExportedModule(bigan, "encoder").networks) == ["E"]
    cycle = random_model("cyclegan-mnist", WIDTH)
    assert list(ExportedModule(cycle, "translator", "b").networks) == ["G"]
    assert list(ExportedModule(cycle, "translator", "a").networks) == ["F"]


def test_representations_that_need_no_images_need_no_items() -> None:
    model = random_model("simsiam-gan-shapes", WIDTH)
    algorithm = model.algorithm
    assert isinstance(algorithm, PreparesLatents)
    assert set(example_inputs(model, "generator", 2)) == {"latents", "items"}
    algorithm.choose_sampling("slerp")  # type: ignore[attr-defined]
    assert example_inputs(model, "generator", 2)["items"].shape == (2, 2, 3, 32, 32)
    algorithm.choose_sampling("normal")  # type: ignore[attr-defined]
    assert set(example_inputs(model, "generator", 2)) == {"latents"}
