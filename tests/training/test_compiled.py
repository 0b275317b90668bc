"""Compiled passes: the same training, penalties through the eager twin, and no compiler where none is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from tests.support.training import tiny_recipe
from torch import nn

from ganbench.experiment.build_trainer import make_trainer
from ganbench.inference.build import make_dataset
from ganbench.training import engine as engine_module
from ganbench.training.compiled import compile_passes
from ganbench.training.engine import Engine
from ganbench.training.trainer import Trainer


def trainer_of(name: str, **machine: str) -> Trainer:
    recipe = tiny_recipe(name, {f"machine.{key}": value for key, value in machine.items()})
    return make_trainer(recipe, make_dataset(recipe), Engine(recipe.machine), seed=0)


def graph_compiler(calls: list[str]) -> Callable[[str], Any]:
    """Return a compiler that traces both passes like the real one, but generates no code for them."""

    def of_mode(mode: str) -> Any:
        calls.append(mode)
        return lambda function: torch.compile(function, dynamic=False, backend="aot_eager")

    return of_mode


@pytest.mark.parametrize("name", ["gan-r1-ring8", "wgan-gp-ring8", "dcgan-shapes"])
def test_compiled_networks_train_like_eager_ones(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    modes: list[str] = []
    monkeypatch.setattr(engine_module, "torch_compiler", graph_compiler(modes))
    eager, compiled = trainer_of(name), trainer_of(name, compile="default")
    assert modes == ["default", "default"]
    for _ in range(2):
        eager.train_step()
        compiled.train_step()
    for term, value in eager.log.peek().items():
        assert compiled.log.peek()[term] == pytest.approx(value, rel=1e-4, abs=1e-6)
    own, other = eager.networks.state_dict(), compiled.networks.state_dict()
    assert own.keys() == other.keys()
    for key, tensor in own.items():
        torch.testing.assert_close(other[key], tensor, rtol=1e-3, atol=1e-4)
    torch._dynamo.reset()


def test_passes_that_are_differentiated_twice_are_eager() -> None:
    network, compiled = nn.Linear(2, 1), []

    def compiler(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*inputs: Any) -> Any:
            compiled.append(len(inputs[0]))
            return function(*inputs)

        return call

    compile_passes(network, compiler)
    leaf = torch.zeros(5, 2, requires_grad=True)
    network(torch.zeros(1, 2))
    network(leaf)
    network(leaf * 2)  # what G has made: a gradient passes through, once
    network(torch.zeros(3, 2))
    assert compiled == [1, 5, 3]


def test_nothing_is_compiled_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    modes: list[str] = []
    monkeypatch.setattr(engine_module, "torch_compiler", graph_compiler(modes))
    trainer_of("gan-ring8")
    assert modes == []
