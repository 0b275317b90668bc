"""What every regularizer promises. A new regularizer is covered once the package exports it."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import torch
from tests.support.context import context
from torch import Tensor, nn

import ganbench.regularizers as package
from ganbench.config.spec import Spec, parameters
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.regularizers import R1, Regularizer, Scheduled, WeightClip

CLASSES = [
    value
    for name in package.__all__
    if isinstance(value := getattr(package, name), type) and not getattr(value, "_is_protocol", False)
    if value
    not in (Scheduled, WeightClip)  # one wraps another, one is a constraint; both have tests of their own
]

# Configurations worth testing beside the default one, which every class is tested in.
FURTHER: list[Regularizer] = [R1(gamma=0.5, every=4)]


def example(cls: type) -> Regularizer:
    missing = [name for name, p in parameters(cls).items() if p.default is p.empty]
    assert not missing, f"give {cls.__name__} an example: add one to FURTHER and default values for {missing}"
    regularizer: Regularizer = cls()
    return regularizer


EXAMPLES = [*(example(cls) for cls in CLASSES), *FURTHER]
each_regularizer = pytest.mark.parametrize("regularizer", EXAMPLES, ids=str)
each_shape = pytest.mark.parametrize("shape", [(3,), (2, 8, 8)], ids=["points", "pictures"])


class SmallCritic(nn.Module):
    """Smooth, so that second derivatives are not 0, and given labels by a shift before its bend."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        size = torch.Size(shape).numel()
        self.first, self.label, self.last = nn.Linear(size, 8), nn.Embedding(5, 8), nn.Linear(8, 1)
        self.seen: list[Tensor | None] = []

    def forward(self, x: Tensor, y: Tensor | None) -> Tensor:
        self.seen.append(y)
        hidden = self.first(x.flatten(1))
        if y is not None:
            hidden = hidden + self.label(y)
        scores: Tensor = self.last(hidden.tanh())
        return scores.squeeze(1)


def batches(shape: tuple[int, ...], rows: int = 4, labels: bool = True) -> tuple[Batch, Batch]:
    generator = torch.Generator().manual_seed(0)

    def one() -> Batch:
        x = torch.randn(rows, *shape, generator=generator)
        return Batch(x, torch.randint(5, (rows,), generator=generator) if labels else None)

    return one(), one()


def critic_for(shape: tuple[int, ...]) -> SmallCritic:
    torch.manual_seed(0)
    return SmallCritic(shape)


def test_all_regularizers_are_here() -> None:
    assert R1 in CLASSES
    assert {type(regularizer) for regularizer in FURTHER} <= set(CLASSES)


def configuration(regularizer: Regularizer) -> dict[str, Any]:
    return {name: getattr(regularizer, name) for name in parameters(type(regularizer))}


def changed(regularizer: Regularizer, **changes: Any) -> Regularizer:
    """The same in its first state, with other settings."""
    made: Regularizer = type(regularizer)(**{**configuration(regularizer), **changes})
    return made


@each_regularizer
def test_is_a_frozen_configuration_or_a_module_that_a_recipe_can_store(regularizer: Regularizer) -> None:
    chosen = configuration(regularizer)
    spec = Spec(type(regularizer), **chosen)
    again = Spec.from_dict(spec.to_dict())()
    assert configuration(again) == chosen
    if isinstance(regularizer, nn.Module):
        assert regularizer.state_dict()
        return
    assert again == regularizer
    with pytest.raises(dataclasses.FrozenInstanceError):
        regularizer.every = 3  # type: ignore[misc]


@each_regularizer
@each_shape
@pytest.mark.parametrize("rows", [1, 4])
def test_gives_a_finite_number_for_each_sample(
    regularizer: Regularizer, shape: tuple[int, ...], rows: int
) -> None:
    value = regularizer(critic_for(shape), *batches(shape, rows), context(0))
    assert value.shape == (rows,)
    assert value.dtype == torch.float32
    assert value.isfinite().all()


@each_regularizer
@each_shape
def test_moves_the_critic(regularizer: Regularizer, shape: tuple[int, ...]) -> None:
    critic = critic_for(shape)
    regularizer(critic, *batches(shape), context(0)).mean().backward()
    for name in ("first.weight", "last.weight"):
        gradient = critic.get_parameter(name).grad
        assert gradient is not None, name
        assert gradient.abs().max() > 0, name


@each_regularizer
def test_passes_the_labels_on(regularizer: Regularizer) -> None:
    critic = critic_for((3,))
    real, fake = batches((3,))
    labelled = regularizer(critic, real, fake, context(0))
    assert critic.seen
    assert all(y is not None for y in critic.seen)
    bare = regularizer(critic, *batches((3,), labels=False), context(0))
    assert critic.seen[-1] is None
    assert not torch.equal(labelled, bare)


@each_regularizer
def test_leaves_the_samples_as_they_were(regularizer: Regularizer) -> None:
    real, fake = batches((2, 8, 8))
    fake = Batch(fake.x.requires_grad_(True), fake.y)  # as a generator's output may
    before = real.x.clone(), fake.x.detach().clone()
    regularizer(critic_for((2, 8, 8)), real, fake, context(0)).mean().backward()
    assert not real.x.requires_grad
    assert real.x.grad is None
    assert torch.equal(real.x, before[0])
    assert torch.equal(fake.x, before[1])


@each_regularizer
def test_every_keeps_the_mean_over_the_steps(regularizer: Regularizer) -> None:
    shape = (3,)
    once = changed(regularizer, every=1)(critic_for(shape), *batches(shape), context(0))
    lazy = changed(regularizer, every=16)(critic_for(shape), *batches(shape), context(0))
    torch.testing.assert_close(lazy, 16 * once)


@each_regularizer
@pytest.mark.parametrize("every", [0, -1])
def test_refuses_no_steps_between_calls(regularizer: Regularizer, every: int) -> None:
    with pytest.raises(UserError, match="every"):
        changed(regularizer, every=every)


@each_regularizer
def test_all_chance_comes_from_the_draws(regularizer: Regularizer) -> None:
    def run(global_seed: int) -> Tensor:
        critic = critic_for((3,))
        torch.manual_seed(global_seed)
        return changed(regularizer)(critic, *batches((3,)), context("same"))

    assert torch.equal(run(1), run(2))
