"""The contract of every augmentation. A new one is covered once the package exports it."""

from __future__ import annotations

import pytest
import torch

import ganbench.augment as package
from ganbench.algorithms import Adversarial
from ganbench.augment import ADA, APA, Affine, Augmentation, DiffAugment
from ganbench.config.spec import Spec
from ganbench.errors import UserError
from ganbench.latents import Gaussian
from ganbench.losses import NonSaturating
from ganbench.utils.random_stream import RandomStream

CLASSES = [
    value for name in package.__all__ if not getattr(value := getattr(package, name), "_is_protocol", False)
]
MORE_EXAMPLES: list[Augmentation] = [
    ADA(p=0.5),
    ADA(p=1.0, geometry=False, colour=False),
    ADA(p=1.0, blit=False, geometry=False),
    APA(p=0.5, augmentation=DiffAugment()),
    Affine(turn=90.0, stretch=0.0, shear=0.0, move=0.0),
    DiffAugment(colour=False, cutout=0.0),
    DiffAugment(translation=0.0, cutout=0.0),
    DiffAugment(colour=False, translation=0.0),
]
EXAMPLES = [
    *(cls() for cls in CLASSES if cls not in (ADA, APA)),
    *MORE_EXAMPLES,
]  # ADA and APA start with p = 0 and change nothing
each = pytest.mark.parametrize("augmentation", EXAMPLES, ids=str)
each_shape = pytest.mark.parametrize("shape", [(1, 28, 28), (3, 16, 24)], ids=str)


def random_images(n: int, shape: tuple[int, ...]) -> torch.Tensor:
    return torch.rand(n, *shape, generator=torch.Generator().manual_seed(0)) * 2 - 1


@each
@each_shape
def test_output_keeps_the_shape_and_depends_only_on_the_stream(
    augmentation: Augmentation, shape: tuple[int, ...]
) -> None:
    x = random_images(8, shape)
    once, again, other = (augmentation(x, RandomStream("a", seed)) for seed in (0, 0, 1))
    assert once.shape == x.shape
    assert once.dtype == x.dtype
    assert torch.equal(once, again)
    assert not torch.equal(once, other)
    assert torch.equal(x, random_images(8, shape)), "the input is not modified"


@each
def test_each_image_has_its_own_random_numbers(augmentation: Augmentation) -> None:
    x = random_images(1, (3, 16, 16)).expand(16, -1, -1, -1)
    augmented = augmentation(x, RandomStream("a", 0))
    assert len({tuple(image.flatten().tolist()) for image in augmented}) > 8


@each
def test_two_processes_get_the_same_images_as_one(augmentation: Augmentation) -> None:
    x = random_images(8, (3, 16, 16))
    whole = augmentation(x, RandomStream("a", 0))
    parts = [augmentation(x[4 * i : 4 * i + 4], RandomStream("a", 0, shard=i, shards=2)) for i in range(2)]
    torch.testing.assert_close(torch.cat(parts), whole)


@each
def test_gradients_reach_the_images(augmentation: Augmentation) -> None:
    x = random_images(8, (3, 16, 16)).requires_grad_(True)
    augmentation(x, RandomStream("a", 0)).square().sum().backward()
    assert x.grad is not None
    assert (x.grad.flatten(1).abs().sum(1) > 0).all()


@each
def test_augmentation_keeps_the_input_shape_of_d(augmentation: Augmentation) -> None:
    algorithm = Adversarial(latent=Gaussian(4), loss=NonSaturating(), augmentation=augmentation)
    assert algorithm.shape_of("D", (3, 8, 8)) == (3, 8, 8)
    with pytest.raises(UserError, match="needs images"):
        algorithm.shape_of("D", (2,))


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_an_augmentation_can_be_stored(cls: type) -> None:
    stored = Spec.from_dict(Spec(cls).to_dict())
    assert stored == Spec(cls)
    assert str(stored()) == str(cls())
