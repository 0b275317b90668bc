"""The contract of every loss. A new loss is covered once the package exports it."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

import ganbench.losses as package
from ganbench.config.spec import Spec
from ganbench.losses import DualContrastive, LeastSquares, Loss, NonSaturating

CLASSES = [
    value
    for name in package.__all__
    if isinstance(value := getattr(package, name), type) and not getattr(value, "_is_protocol", False)
]

# Configurations to test in addition to the default of each class.
MORE_EXAMPLES: list[Loss] = [
    NonSaturating(real_target=0.9),
    NonSaturating(real_target=0.9, fake_target=0.1, generator_target=0.9),
    LeastSquares(a=-1.0, b=1.0, c=0.75),
]


def example(cls: type) -> Loss:
    missing = [
        field.name
        for field in dataclasses.fields(cls)
        if field.default is field.default_factory is dataclasses.MISSING
    ]
    assert not missing, (
        f"give {cls.__name__} an example: add one to MORE_EXAMPLES and default values for {missing}"
    )
    loss: Loss = cls()
    return loss


EXAMPLES = [*(example(cls) for cls in CLASSES), *MORE_EXAMPLES]
COMPARES_THE_BATCH = (DualContrastive,)  # each sample with all others
each_loss = pytest.mark.parametrize("loss", EXAMPLES, ids=str)

score = st.floats(-80, 80, width=32, allow_subnormal=False)
scores = st.lists(st.tuples(score, score), min_size=1, max_size=6).map(
    lambda pairs: (torch.tensor([p[0] for p in pairs]), torch.tensor([p[1] for p in pairs]))
)


def generator_loss(loss: Loss, real: Tensor, fake: Tensor) -> Tensor:
    return loss.generator(real if loss.generator_needs_real else None, fake)


def test_all_losses_are_covered() -> None:
    assert len(CLASSES) >= 6
    assert {type(loss) for loss in MORE_EXAMPLES} <= set(CLASSES)


@each_loss
def test_a_loss_is_frozen_and_can_be_stored(loss: Loss) -> None:
    assert dataclasses.is_dataclass(loss)
    fields = {field.name: getattr(loss, field.name) for field in dataclasses.fields(loss)}
    assert type(loss)(**fields) == loss
    spec = Spec(type(loss), **fields)
    assert Spec.from_dict(spec.to_dict())() == loss
    with pytest.raises(dataclasses.FrozenInstanceError):
        loss.generator_needs_real = True  # type: ignore[misc]


@each_loss
@settings(deadline=None, max_examples=30)
@given(scores=scores)
def test_losses_are_finite_and_per_sample(loss: Loss, scores: tuple[Tensor, Tensor]) -> None:
    real, fake = scores
    for value in (loss.discriminator(real, fake), generator_loss(loss, real, fake)):
        assert value.shape == real.shape
        assert value.dtype == real.dtype
        assert value.isfinite().all()


@pytest.mark.parametrize(
    "loss", [loss for loss in EXAMPLES if not isinstance(loss, COMPARES_THE_BATCH)], ids=str
)
@settings(deadline=None, max_examples=30)
@given(scores=scores)
def test_samples_do_not_influence_each_other(loss: Loss, scores: tuple[Tensor, Tensor]) -> None:
    real, fake = scores
    one_by_one = list(zip(real.split(1), fake.split(1), strict=True))
    whole = loss.discriminator(real, fake)
    parts = torch.cat([loss.discriminator(r, f) for r, f in one_by_one])
    torch.testing.assert_close(whole, parts)
    whole = generator_loss(loss, real, fake)
    parts = torch.cat([generator_loss(loss, r, f) for r, f in one_by_one])
    torch.testing.assert_close(whole, parts)


@each_loss
@settings(deadline=None, max_examples=30)
@given(real=st.floats(0.25, 0.7), fake=st.floats(0.25, 0.7))
def test_gradients_have_the_right_signs(loss: Loss, real: float, fake: float) -> None:
    # In this range, which lies between the targets of all examples, all losses have the same gradient signs.
    r, f = torch.tensor([real], requires_grad=True), torch.tensor([fake], requires_grad=True)
    real_gradient, fake_gradient = torch.autograd.grad(loss.discriminator(r, f).sum(), (r, f))
    assert real_gradient.item() < 0, "D's loss must fall when a real score rises"
    assert fake_gradient.item() > 0, "D's loss must fall when a fake score falls"
    (generator_gradient,) = torch.autograd.grad(generator_loss(loss, r, f).sum(), f)
    assert generator_gradient.item() < 0, "G's loss must fall when a fake score rises"


@each_loss
def test_generator_needs_real_is_correct(loss: Loss) -> None:
    fake = torch.tensor([0.3, -2.0])
    if loss.generator_needs_real:
        with pytest.raises(ValueError, match="needs the scores of real"):
            loss.generator(None, fake)
        different = loss.generator(torch.tensor([1.0, 1.0]), fake) - loss.generator(torch.zeros(2), fake)
        assert different.abs().min() > 0
    else:
        assert torch.equal(loss.generator(None, fake), loss.generator(torch.tensor([1.0, 5.0]), fake))


@each_loss
def test_the_scores_are_not_modified(loss: Loss) -> None:
    real, fake = torch.tensor([2.0, -1.0]), torch.tensor([-0.5, math.pi])
    before = real.clone(), fake.clone()
    loss.discriminator(real, fake)
    generator_loss(loss, real, fake)
    assert torch.equal(real, before[0])
    assert torch.equal(fake, before[1])
