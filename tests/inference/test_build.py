"""Models and trainers are built from parts that fit each other, and each part only once."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.support.training import tiny_recipe

from ganbench.algorithms import Algorithm
from ganbench.errors import UserError
from ganbench.experiment.build_trainer import make_trainer
from ganbench.experiment.train import resume, train
from ganbench.inference.build import assemble, make_dataset
from ganbench.inference.load import load
from ganbench.training.engine import Engine


@pytest.mark.parametrize(("data", "shape"), [("ring8", (2,)), ("shapes", (3, 32, 32))])
@pytest.mark.parametrize("packing", [1, 2, 4])
def test_networks_have_the_shapes_that_the_algorithm_defines(
    data: str, shape: tuple[int, ...], packing: int
) -> None:
    recipe = tiny_recipe("pacgan-ring8", {"data": data, "algorithm.packing": packing})
    info = make_dataset(recipe).info
    assert info.shape == shape
    networks: Any = assemble(recipe, info, seed=0).networks
    assert networks["G"].shape == shape
    assert networks["D"].layers[0].in_features == math.prod(shape) * packing


@pytest.mark.parametrize(
    ("changes", "rows"),
    [
        ({"algorithm.packing": 3}, 8),
        ({"schedule.microbatches": 8}, 1),
        ({"schedule.batch": 6, "schedule.microbatches": 2}, 3),
    ],
)
def test_microbatches_without_whole_packs_are_refused_before_the_run_is_created(
    changes: dict[str, Any], rows: int, tmp_path: Path
) -> None:
    recipe = tiny_recipe("pacgan-ring8", changes)
    with pytest.raises(UserError, match=rf"cannot pack the {rows} samples .*; set schedule.batch"):
        train(recipe, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_microbatches_with_whole_packs_are_accepted() -> None:
    recipe = tiny_recipe("pacgan-ring8", {"schedule.microbatches": 4})
    assert make_trainer(recipe, make_dataset(recipe), Engine(recipe.machine), 0).microbatch_size == 2


@pytest.mark.parametrize(("norm", "count"), [("batch", 1), ("layer", 0), ("none", 0)])
def test_a_gradient_penalty_with_batch_norm_gives_a_warning_before_the_first_step(
    norm: str, count: int
) -> None:
    recipe = tiny_recipe("wgan-gp-cifar10", {"networks.D.norm": norm})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        make_trainer(recipe, make_dataset(recipe), Engine(recipe.machine), 0)
    messages = [str(w.message) for w in caught if "batch norm" in str(w.message)]
    assert len(messages) == count
    assert all(m.startswith("'gradient_penalty' penalizes D's gradient at each sample") for m in messages)


def test_only_the_main_process_warns() -> None:
    recipe = tiny_recipe("dcgan-r1-cifar10")
    engine = Engine(recipe.machine)
    engine.rank = 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        make_trainer(recipe, make_dataset(recipe), engine, 0)


@pytest.mark.parametrize("kind", ["Adam", "AdamW"])
def test_weight_decay_is_set_by_its_key(kind: str) -> None:
    overrides = {"optimizers.D": kind, "optimizers.D.weight_decay": 0.25, "optimizers.D.lr": 0.5}
    recipe = tiny_recipe("gan-ring8", overrides)
    trainer = make_trainer(recipe, make_dataset(recipe), Engine(recipe.machine), 0)
    optimizer = trainer.optimizers["D"]
    assert type(optimizer).__name__ == kind
    assert trainer.optimizers["G"].param_groups[0]["weight_decay"] == 0
    weight = trainer.parameters["D"][0]
    before = weight.detach().clone()
    assert float(before.abs().min()) > 0
    weight.grad = torch.zeros_like(weight)
    optimizer.step()
    # Adam adds the decay to the gradient, and its first step is the rate times the sign; AdamW shrinks the weight.
    expected = before - 0.5 * before.sign() if kind == "Adam" else before * (1 - 0.5 * 0.25)
    torch.testing.assert_close(weight.detach(), expected, rtol=1e-3, atol=1e-4)


def test_a_run_with_packs_can_be_loaded_and_sampled(tmp_path: Path) -> None:
    run = train(tiny_recipe("pacgan-ring8", {"schedule.steps": 1}), out=tmp_path / "run")
    assert load(run).sample(3).shape == (3, 2)


@pytest.mark.parametrize("name", ["gan-ring8", "simsiam-cifar10"])
def test_a_run_builds_its_algorithm_once(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluation = {"schedule.evaluate_every": 2, "schedule.evaluate_samples": 250}
    recipe = tiny_recipe(name, {**evaluation, "schedule.steps": 2, "schedule.sample_every": 1})
    built: list[Algorithm] = []
    original = Algorithm.__init__

    def count(self: Algorithm, *arguments: Any, **options: Any) -> None:
        built.append(self)
        original(self, *arguments, **options)

    monkeypatch.setattr(Algorithm, "__init__", count)
    run = train(recipe, out=tmp_path / "run")
    assert [type(a) for a in built] == [recipe.algorithm.target]
    built.clear()
    resume(run, steps=3)
    assert [type(a) for a in built] == [recipe.algorithm.target]
