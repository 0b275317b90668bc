"""Seeds that are trained together become what each becomes alone, and recipes in which they would mix are refused."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
import torch
from tests.support.training import tiny_recipe
from torch import nn
from torch.optim import Optimizer

from ganbench.config.spec import Spec
from ganbench.errors import RunError, UserError
from ganbench.experiment.build_trainer import make_trainer
from ganbench.inference.build import make_dataset
from ganbench.recipes.base import Recipe
from ganbench.training.engine import Engine
from ganbench.training.settings import Machine
from ganbench.training.trainer import Trainer
from ganbench.training.vectorized.check import require_separate_seeds
from ganbench.training.vectorized.trainer import VectorizedTrainer

SEEDS = (3, 0, 7)
#: Recipes that differ in loss, penalty, packing, networks, optimizer, average, batch norm and stochastic layers.
NAMES = (
    "gan-ring8",
    "gan-r1-ring8",
    "pacgan-ring8",
    "r3gan-ring8",
    "veegan-ring8",
    "lsgan-ring8",
    "sngan-ring8",
    "wgan-ring8",
    "wgan-gp-ring8",
    "gan-ring8-narrow",
    "pacgan-ring8-narrow",
)


#: Recipes with biases whose gradient is 0 but for rounding, which Adam would enlarge.
FREE_BIASES = ("r3gan-ring8", "gan-ring8-narrow", "pacgan-ring8-narrow")


def recipe_of(name: str) -> Recipe:
    recipe = tiny_recipe(name)
    if name not in FREE_BIASES:
        return recipe
    return dataclasses.replace(
        recipe, optimizers={key: Spec(torch.optim.SGD, lr=0.05, momentum=0.9) for key in recipe.optimizers}
    )


@pytest.fixture
def engine() -> Iterator[Engine]:
    with Engine(Machine(threads=1)) as engine:
        yield engine


def member_maker(recipe: Recipe, engine: Engine) -> Callable[[int], Trainer]:
    dataset = make_dataset(recipe)
    return lambda seed: make_trainer(recipe, dataset, engine, seed)


def optimizer_maker(recipe: Recipe, engine: Engine) -> Callable[[str, Iterable[nn.Parameter]], Optimizer]:
    return lambda name, parameters: engine.optimizer(recipe.optimizers[name], parameters)


def assert_close(a: Any, b: Any, path: str = "") -> None:
    """Assert that two states are equal but for rounding."""
    if isinstance(a, dict):
        assert a.keys() == b.keys(), path
        for key in a:
            assert_close(a[key], b[key], f"{path}.{key}")
    elif isinstance(a, list | tuple):
        assert len(a) == len(b), path
        for index, (x, y) in enumerate(zip(a, b, strict=True)):
            assert_close(x, y, f"{path}[{index}]")
    elif isinstance(a, torch.Tensor):
        torch.testing.assert_close(b, a, rtol=1e-3, atol=2e-5, msg=lambda text: f"{path}: {text}")
    else:
        assert a == b, path


@pytest.mark.parametrize("name", NAMES)
def test_each_seed_becomes_what_it_becomes_alone(name: str, engine: Engine) -> None:
    recipe = recipe_of(name)
    make = member_maker(recipe, engine)
    alone, members = [make(seed) for seed in SEEDS], [make(seed) for seed in SEEDS]
    together = VectorizedTrainer(members, optimizer_maker(recipe, engine))
    for _ in range(3):
        together.train_step()
        for trainer in alone:
            trainer.train_step()
    together.synchronize()
    for own, member in zip(alone, members, strict=True):
        assert_close(own.state_dict(), member.state_dict(), f"seed {own.seed}")
        for x, y in zip(own.networks.parameters(), member.networks.parameters(), strict=True):
            assert (x.grad is None) == (y.grad is None)


@pytest.mark.parametrize("name", ["gan-r1-ring8", "wgan-ring8", "gan-ring8-narrow"])
def test_seeds_continue_from_checkpoints(name: str, engine: Engine) -> None:
    recipe = recipe_of(name)
    make, optimizers = member_maker(recipe, engine), optimizer_maker(recipe, engine)
    unbroken = VectorizedTrainer([make(seed) for seed in SEEDS], optimizers)
    for _ in range(2):
        unbroken.train_step()
    unbroken.synchronize()
    resumed = [make(seed) for seed in SEEDS]
    for trainer, member in zip(resumed, unbroken.members, strict=True):
        trainer.load_state_dict(member.state_dict())
    together = VectorizedTrainer(resumed, optimizers)
    alone = make(SEEDS[1])
    alone.load_state_dict(unbroken.members[1].state_dict())
    for trainer in (unbroken, together, alone):
        trainer.train_step()
    unbroken.synchronize()
    together.synchronize()
    for a, b in zip(unbroken.members, together.members, strict=True):
        assert all(
            torch.equal(x, y) for x, y in zip(a.networks.parameters(), b.networks.parameters(), strict=True)
        )
    assert_close(alone.state_dict()["networks"], together.members[1].state_dict()["networks"])


def test_a_seed_that_diverges_is_named(engine: Engine) -> None:
    recipe = tiny_recipe("gan-ring8")
    members = [member_maker(recipe, engine)(seed) for seed in SEEDS]
    together = VectorizedTrainer(members, optimizer_maker(recipe, engine))
    with torch.no_grad():
        next(iter(members[2].networks["D"].parameters())).fill_(float("nan"))
    with pytest.raises(
        RunError, match=r"infinite or NaN after step 0 with seed 7; train the seeds one by one"
    ):
        together.train_step()


@pytest.mark.parametrize(
    ("name", "overrides", "message"),
    [
        ("gan-ring8", {"schedule.gradient_clip": 1.0}, "schedule.gradient_clip cannot be vectorized"),
        ("gan-ring8", {"machine.compile": "default"}, "machine.compile cannot be vectorized"),
        ("gan-ring8", {"schedule.microbatches": 2}, "microbatches above 1 cannot be vectorized"),
        (
            "gan-ring8",
            {"networks.D.norm": "layer"},
            "networks.D cannot be vectorized: a LayerNorm holds weights",
        ),
        ("dcgan-shapes", {}, "cannot be vectorized: a "),
    ],
)
def test_what_has_no_vectorized_form_is_refused(name: str, overrides: dict[str, Any], message: str) -> None:
    recipe = tiny_recipe(name, overrides)
    engine = Engine(recipe.machine)
    members = [member_maker(recipe, engine)(seed) for seed in SEEDS]
    with pytest.raises(UserError, match=message):
        VectorizedTrainer(members, optimizer_maker(recipe, engine))


class MixingLoss(nn.Module):
    """A loss that centres D's scores in the batch, so that all its rows count for each."""

    logits, generator_needs_real = True, False

    def discriminator(self, real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
        return (fake - real.mean()).exp()

    def generator(self, real: torch.Tensor | None, fake: torch.Tensor) -> torch.Tensor:
        return -fake


def test_a_loss_that_mixes_rows_is_found_by_training_both_ways(engine: Engine) -> None:
    recipe = tiny_recipe("gan-ring8")
    make, optimizers = member_maker(recipe, engine), optimizer_maker(recipe, engine)
    require_separate_seeds(make, [0, 1], optimizers)

    def mixing(seed: int) -> Trainer:
        trainer = make(seed)
        trainer.algorithm.loss = MixingLoss()
        with torch.no_grad():
            for weight in trainer.networks["D"].parameters():
                weight.mul_(3)
        return trainer

    with pytest.raises(UserError, match="cannot be vectorized"):
        require_separate_seeds(mixing, [0, 1], optimizers)


def test_a_loss_term_without_rows_is_refused(engine: Engine) -> None:
    recipe = tiny_recipe("gan-ring8")
    members = [member_maker(recipe, engine)(seed) for seed in SEEDS]
    together = VectorizedTrainer(members, optimizer_maker(recipe, engine))
    phase = dataclasses.replace(
        together.phases[0], loss=lambda *_: {"mean": torch.zeros((), requires_grad=True)}
    )
    together.phases = (phase,)
    with pytest.raises(
        UserError, match="the loss term 'mean' cannot be vectorized: it is no number per sample"
    ):
        together.train_step()
