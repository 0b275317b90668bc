"""Parts are made for each other: networks of the shape that the algorithm shows them, batches that it can use."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.support.training import tiny_recipe

from ganbench.errors import UserError
from ganbench.experiment.build_trainer import make_trainer
from ganbench.experiment.train import train
from ganbench.inference.build import make_algorithm, make_dataset, make_networks
from ganbench.inference.model import load
from ganbench.training.engine import Engine


@pytest.mark.parametrize(("data", "shape"), [("ring8", (2,)), ("shapes", (3, 32, 32))])
@pytest.mark.parametrize("packing", [1, 2, 4])
def test_networks_have_the_shape_that_the_algorithm_shows_them(
    data: str, shape: tuple[int, ...], packing: int
) -> None:
    recipe = tiny_recipe("pacgan-ring8", {"data": data, "algorithm.packing": packing})
    info = make_dataset(recipe).info
    assert info.shape == shape
    made: dict[str, Any] = dict(make_networks(recipe, info, *make_algorithm(recipe, info), seed=0).items())
    assert made["G"].shape == shape
    assert made["D"].layers[0].in_features == math.prod(shape) * packing


@pytest.mark.parametrize(
    ("changes", "rows"),
    [
        ({"algorithm.packing": 3}, 8),
        ({"schedule.microbatches": 8}, 1),
        ({"schedule.batch": 6, "schedule.microbatches": 2}, 3),
    ],
)
def test_packs_that_a_part_of_the_batch_does_not_fill_are_refused_before_there_is_a_run(
    changes: dict[str, Any], rows: int, tmp_path: Path
) -> None:
    recipe = tiny_recipe("pacgan-ring8", changes)
    with pytest.raises(UserError, match=rf"cannot pack the {rows} samples .*; set schedule.batch"):
        train(recipe, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_part_that_holds_whole_packs_is_welcome() -> None:
    recipe = tiny_recipe("pacgan-ring8", {"schedule.microbatches": 4})
    assert make_trainer(recipe, make_dataset(recipe), Engine(recipe.machine), 0).microbatch_size == 2


@pytest.mark.parametrize(("norm", "told"), [("batch", 1), ("layer", 0), ("none", 0)])
def test_a_penalty_on_a_discriminator_with_batch_norm_is_told_before_the_first_step(
    norm: str, told: int
) -> None:
    recipe = tiny_recipe("wgan-gp-cifar10", {"networks.D.norm": norm})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        make_trainer(recipe, make_dataset(recipe), Engine(recipe.machine), 0)
    about = [str(w.message) for w in caught if "batch norm" in str(w.message)]
    assert len(about) == told
    assert all(a.startswith("'gradient_penalty' is meant for the slope of D at each sample") for a in about)


def test_only_the_first_process_tells_it() -> None:
    recipe = tiny_recipe("dcgan-r1-cifar10")
    engine = Engine(recipe.machine)
    engine.rank = 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        make_trainer(recipe, make_dataset(recipe), engine, 0)


@pytest.mark.parametrize("kind", ["Adam", "AdamW"])
def test_weight_decay_is_the_optimizers_and_set_by_its_key(kind: str) -> None:
    chosen = {"optimizers.D": kind, "optimizers.D.weight_decay": 0.25, "optimizers.D.lr": 0.5}
    recipe = tiny_recipe("gan-ring8", chosen)
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
    wanted = before - 0.5 * before.sign() if kind == "Adam" else before * (1 - 0.5 * 0.25)
    torch.testing.assert_close(weight.detach(), wanted, rtol=1e-3, atol=1e-4)


def test_a_run_with_packs_can_be_loaded_and_sampled(tmp_path: Path) -> None:
    run = train(tiny_recipe("pacgan-ring8", {"schedule.steps": 1}), out=tmp_path / "run")
    assert load(run).sample(3).shape == (3, 2)
