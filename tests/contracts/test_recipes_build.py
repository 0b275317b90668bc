"""The contract of every recipe: at every budget it builds, trains and samples with data of the right shape."""

from __future__ import annotations

import time
from typing import Any

import pytest
import torch
from benchmarks.export_parity import SHAPES
from torch import Tensor

from ganbench.algorithms.capabilities import Samples
from ganbench.config.spec import parameters
from ganbench.data.base import Batch, DataInfo
from ganbench.experiment.build_trainer import make_trainer
from ganbench.inference.model import Model
from ganbench.networks import StyleGAN2Generator
from ganbench.recipes.base import Budget, Recipe
from ganbench.recipes.registry import recipe_functions
from ganbench.training.engine import Engine
from ganbench.training.trainer import Trainer
from ganbench.utils.random_stream import RandomStream

CASES = [(name, budget) for name, function in recipe_functions().items() for budget in function.budgets]  # type: ignore[attr-defined]
STEPS = 2


class FakeDataset:
    """A data set of random samples with the shape of a named data set."""

    def __init__(self, name: str, size: int = 20) -> None:
        shape = SHAPES.get(name, (3, 32, 32))
        self.info = DataInfo(
            name=name,
            kind="image" if len(shape) == 3 else "points",
            shape=shape,
            size=size,
            fingerprint="stand-in",
            classes=tuple(map(str, range(10))),
        )
        self.x = RandomStream("stand-in", name).uniform(size, *shape, low=-1.0)
        self.y = torch.arange(size) % 10  # each class has items

    def batch(self, index: Tensor, draws: RandomStream) -> Batch:
        return Batch(self.x[index], self.y[index], self.x[index].flip(0), paired=True)

    def items(self, index: Tensor) -> Tensor:
        return self.info.to_data(self.x[index])

    def labels(self, index: Tensor) -> Tensor:
        return self.y[index]

    def given(self, index: Tensor) -> Tensor:
        return self.items(index)


def shrink(name: str, budget: Budget) -> Recipe:
    recipe: Recipe = recipe_functions()[name](budget=budget)
    changes: dict[str, Any] = {
        "schedule.steps": STEPS,
        "schedule.batch": 4,
        "schedule.microbatches": 1,
        "machine.device": "cpu",
        "machine.threads": 1,
    }
    changes |= {
        f"networks.{n}.width": 8 for n, s in recipe.networks.items() if "width" in parameters(s.target)
    }
    return recipe.override(changes)


def _parameters_without_gradient(trainer: Trainer) -> set[str]:
    """The bias of D's score, if the loss ignores a shift of all scores; else nothing."""
    loss: Any = getattr(trainer.algorithm, "loss", None)
    real, fake = torch.randn(2, 8) / 100
    if loss is None or not torch.allclose(
        loss.discriminator(real + 0.01, fake + 0.01), loss.discriminator(real, fake)
    ):
        return set()
    biases = [f"D.{n}" for n, _ in trainer.networks["D"].named_parameters() if n.endswith("bias")]
    score_biases = [name for name in biases if name.endswith("score.bias")]  # other heads may follow it
    return {(score_biases or biases)[-1]}


@pytest.mark.parametrize(("name", "budget"), CASES)
def test_a_recipe_builds_trains_and_samples(
    name: str, budget: Budget, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = shrink(name, budget)
    dataset = FakeDataset(recipe.data.target.dataset_name)
    start = time.process_time()
    engine = Engine(recipe.machine)
    trainer = make_trainer(recipe, dataset, engine, seed=0)
    before = {k: v.clone() for k, v in trainer.networks.state_dict().items()}

    max_gradients: dict[str, float] = {}
    names = {id(p): n for n, p in trainer.networks.named_parameters()}

    def record_gradients(parameters: Any) -> None:
        for p in parameters:
            assert p.grad is not None, names[id(p)]
            assert p.grad.isfinite().all(), names[id(p)]
            max_gradients[names[id(p)]] = max(max_gradients.get(names[id(p)], 0.0), p.grad.abs().max().item())

    monkeypatch.setattr(engine, "reduce_gradients", record_gradients)
    assert trainer.train()
    assert time.process_time() - start < 60  # most recipes need less than 1 s at this size

    trained = {n for phase in trainer.phases for n in phase.updates}
    assert set(max_gradients) == {n for n in names.values() if n.split(".")[0] in trained}
    without_gradient = {n for n, g in max_gradients.items() if not g > 0}
    assert without_gradient <= _parameters_without_gradient(trainer), without_gradient
    for network in trained:
        after = {k: v for k, v in trainer.networks.state_dict().items() if k.startswith(network + ".")}
        assert any(not torch.equal(before[k], v) for k, v in after.items()), network
    assert all(torch.isfinite(torch.tensor(v)) for v in trainer.read_log().values())

    generators = trainer.sampling_networks().eval()
    algorithm: Any = trainer.algorithm
    if not isinstance(algorithm, Samples):
        return
    with torch.no_grad():
        model = Model(algorithm, generators, recipe.latent(), dataset.info, STEPS, real_data=lambda: dataset)
        labels = torch.arange(5) if algorithm.conditional else None
        samples = algorithm.sample(generators, model.draw_latents(RandomStream("samples"), 5), labels)
    assert samples.shape == (5, *dataset.info.shape)
    assert samples.dtype == torch.float32
    assert samples.isfinite().all()
    if not isinstance(generators["G"], StyleGAN2Generator):  # whose images are sums without a bound
        assert samples.abs().max() <= 1
    assert not torch.equal(samples[0], samples[1])
    assert dataset.info.to_data(samples).dtype == (
        torch.uint8 if dataset.info.kind == "image" else torch.float32
    )
    assert torch.get_num_threads() == 1


@pytest.mark.parametrize(("name", "budget"), CASES)
def test_a_recipe_is_consistent(name: str, budget: Budget) -> None:
    recipe: Recipe = recipe_functions()[name](budget=budget)
    assert hasattr(recipe.data.target, "dataset_name"), "so that data=NAME can replace it"
    assert set(recipe.optimizers) <= set(recipe.networks)
    assert recipe.schedule.steps >= recipe.schedule.checkpoint_every
    assert recipe.schedule.steps * recipe.schedule.batch > 1000
    for paper in recipe.papers:
        assert 2012 < paper.year < 2030
        assert paper.authors, f"'{paper.title}' needs its authors, for the report's BibTeX"
        assert all(" " in author and "," not in author for author in paper.authors), "first and last names"


def test_initial_weights_depend_only_on_the_seed_and_the_networks_name() -> None:
    recipe = shrink(CASES[0][0], "laptop")
    dataset = FakeDataset(recipe.data.target.dataset_name)

    def weights(recipe: Recipe, seed: int, network: str) -> list[Tensor]:
        torch.manual_seed(len(recipe.networks))
        trainer = make_trainer(recipe, dataset, Engine(recipe.machine), seed)
        return [p.detach() for p in trainer.networks[network].parameters() if p.dim() > 1]

    other = recipe.override({"networks.G.width": 16})
    assert all(map(torch.equal, weights(recipe, 0, "D"), weights(other, 0, "D")))
    assert not any(map(torch.equal, weights(recipe, 0, "D"), weights(recipe, 1, "D")))
