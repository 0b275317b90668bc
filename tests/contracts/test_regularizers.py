"""The contract of every regularizer. A new one is covered once the package exports it."""

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
from ganbench.regularizers import R1, LatentConsistency, Regularizer, Scheduled, WeightClip

CLASSES = [
    value
    for name in package.__all__
    if isinstance(value := getattr(package, name), type) and not getattr(value, "_is_protocol", False)
    if value
    not in (LatentConsistency, Scheduled, WeightClip)  # terms of two networks, a wrapper, a constraint
]

# Configurations to test in addition to the default of each class.
MORE_EXAMPLES: list[Regularizer] = [R1(gamma=0.5, every=4)]


def example(cls: type) -> Regularizer:
    missing = [name for name, p in parameters(cls).items() if p.default is p.empty]
    assert not missing, (
        f"give {cls.__name__} an example: add one to MORE_EXAMPLES and default values for {missing}"
    )
    regularizer: Regularizer = cls()
    return regularizer


EXAMPLES = [*(example(cls) for cls in CLASSES), *MORE_EXAMPLES]
each_regularizer = pytest.mark.parametrize("regularizer", EXAMPLES, ids=str)
each_shape = pytest.mark.parametrize("shape", [(3,), (2, 8, 8)], ids=["points", "images"])


class SmallCritic(nn.Module):
    """A smooth critic with non-zero second derivatives; labels shift its hidden layer."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        size = torch.Size(shape).numel()
        self.first, self.label, self.last = nn.Linear(size, 8), nn.Embedding(5, 8), nn.Linear(8, 1)
        self.labels: list[Tensor | None] = []

    def forward(self, x: Tensor, y: Tensor | None) -> Tensor:
        self.labels.append(y)
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


def test_all_regularizers_are_covered() -> None:
    assert R1 in CLASSES
    assert {type(regularizer) for regularizer in MORE_EXAMPLES} <= set(CLASSES)


def configuration(regularizer: Regularizer) -> dict[str, Any]:
    return {name: getattr(regularizer, name) for name in parameters(type(regularizer))}


def with_changes(regularizer: Regularizer, **changes: Any) -> Regularizer:
    """Return a new instance in its initial state, with some settings changed."""
    copy: Regularizer = type(regularizer)(**{**configuration(regularizer), **changes})
    return copy


@each_regularizer
def test_a_regularizer_is_frozen_or_a_module_and_can_be_stored(regularizer: Regularizer) -> None:
    settings = configuration(regularizer)
    spec = Spec(type(regularizer), **settings)
    loaded = Spec.from_dict(spec.to_dict())()
    assert configuration(loaded) == settings
    if isinstance(regularizer, nn.Module):
        assert regularizer.state_dict()
        return
    assert loaded == regularizer
    with pytest.raises(dataclasses.FrozenInstanceError):
        regularizer.every = 3  # type: ignore[misc]


@each_regularizer
@each_shape
@pytest.mark.parametrize("rows", [1, 4])
def test_terms_are_finite_and_per_sample(regularizer: Regularizer, shape: tuple[int, ...], rows: int) -> None:
    value = regularizer(critic_for(shape), *batches(shape, rows), context(0))
    assert value.shape == (rows,)
    assert value.dtype == torch.float32
    assert value.isfinite().all()


@each_regularizer
@each_shape
def test_the_critic_gets_gradients(regularizer: Regularizer, shape: tuple[int, ...]) -> None:
    critic = critic_for(shape)
    regularizer(critic, *batches(shape), context(0)).mean().backward()
    for name in ("first.weight", "last.weight"):
        gradient = critic.get_parameter(name).grad
        assert gradient is not None, name
        assert gradient.abs().max() > 0, name


@each_regularizer
def test_the_critic_receives_the_labels(regularizer: Regularizer) -> None:
    critic = critic_for((3,))
    real, fake = batches((3,))
    labelled = regularizer(critic, real, fake, context(0))
    assert critic.labels
    assert all(y is not None for y in critic.labels)
    unlabelled = regularizer(critic, *batches((3,), labels=False), context(0))
    assert critic.labels[-1] is None
    assert not torch.equal(labelled, unlabelled)


@each_regularizer
def test_the_samples_are_not_modified(regularizer: Regularizer) -> None:
    real, fake = batches((2, 8, 8))
    fake = Batch(fake.x.requires_grad_(True), fake.y)  # like a generator's output
    before = real.x.clone(), fake.x.detach().clone()
    regularizer(critic_for((2, 8, 8)), real, fake, context(0)).mean().backward()
    assert not real.x.requires_grad
    assert real.x.grad is None
    assert torch.equal(real.x, before[0])
    assert torch.equal(fake.x, before[1])


@each_regularizer
def test_lazy_terms_keep_their_mean_over_updates(regularizer: Regularizer) -> None:
    shape = (3,)
    once = with_changes(regularizer, every=1)(critic_for(shape), *batches(shape), context(0))
    lazy = with_changes(regularizer, every=16)(critic_for(shape), *batches(shape), context(0))
    torch.testing.assert_close(lazy, 16 * once)


@each_regularizer
@pytest.mark.parametrize("every", [0, -1])
def test_an_invalid_every_is_refused(regularizer: Regularizer, every: int) -> None:
    with pytest.raises(UserError, match="every"):
        with_changes(regularizer, every=every)


@each_regularizer
def test_randomness_depends_only_on_the_stream(regularizer: Regularizer) -> None:
    def run(global_seed: int) -> Tensor:
        critic = critic_for((3,))
        torch.manual_seed(global_seed)
        return with_changes(regularizer)(critic, *batches((3,)), context("same"))

    assert torch.equal(run(1), run(2))
