"""Inversion recovers the latents of a model's own samples, leaves the model alone, and refuses what it cannot do."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import ganbench
from ganbench.algorithms.base import GenerativeAlgorithm
from ganbench.data.base import DataInfo
from ganbench.errors import UserError
from ganbench.inference.inversion import InversionSettings, invert, mean_absolute_difference
from ganbench.inference.model import Model
from ganbench.latents import Gaussian
from ganbench.training.phase import Phase

SHAPE = (1, 4, 4)


class Linear(GenerativeAlgorithm):
    """x = A z + b_y with orthogonal columns of A, so every loss has one minimum; E, if any, solves it at once."""

    networks = ("G",)

    def __init__(self, classes: int = 0) -> None:
        super().__init__()
        self.conditional = classes > 0
        self.shift = nn.Parameter(torch.linspace(-0.5, 0.5, max(classes, 1))[:, None].repeat(1, 16))

    def phases(self) -> tuple[Phase, ...]:
        return ()

    def sample(self, networks: nn.ModuleDict, z: Tensor, condition: Tensor | None = None) -> Tensor:
        flat: Tensor = networks["G"](z)
        return (flat if condition is None else flat + self.shift[condition]).view(-1, *SHAPE)


class LinearWithEncoder(Linear):
    def encode(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        weight = networks["G"].weight
        assert isinstance(weight, Tensor)
        latents: Tensor = torch.linalg.lstsq(weight, x.flatten(1).T).solution.T
        return latents


def linear_model(algorithm: Linear, classes: int = 0) -> Model:
    torch.manual_seed(0)
    linear = nn.Linear(3, 16, bias=False)
    nn.init.orthogonal_(linear.weight)
    with torch.no_grad():
        linear.weight.mul_(0.4)
    names = tuple(f"class {i}" for i in range(classes))
    info = DataInfo(name="stand-in", kind="image", shape=SHAPE, size=10, fingerprint="0", classes=names)
    return Model(algorithm, nn.ModuleDict({"G": linear}), Gaussian(3), info, step=1)


def test_finds_the_latents_of_the_models_own_samples() -> None:
    model = linear_model(Linear())
    z = model.latents(5, seed=3).clamp(-1.5, 1.5)
    inversion = invert(model, model.decode(z), InversionSettings(steps=150))
    assert torch.allclose(inversion.latents, z, atol=0.05)  # up to the rounding of pixels
    assert inversion.labels is None
    assert float(inversion.l1.max()) < 0.01
    assert torch.equal(inversion.images, model.decode(inversion.latents))


def test_finds_the_class_too_or_takes_the_given_one() -> None:
    model = linear_model(Linear(classes=3), classes=3)
    z, labels = model.latents(6, seed=3).clamp(-1, 1), torch.tensor([0, 1, 2, 2, 1, 0])
    images = model.decode(z, labels)
    inversion = invert(model, images, InversionSettings(steps=200))
    assert inversion.labels is not None
    assert torch.equal(inversion.labels, labels)
    fixed = invert(model, images, InversionSettings(steps=50), labels=1)
    assert fixed.labels is not None
    assert fixed.labels.tolist() == [1] * 6
    right = labels == 1
    assert bool((fixed.l1[right] < 0.02).all() and (fixed.l1[~right] > 0.02).all())


def test_an_encoder_gives_a_start() -> None:
    model = linear_model(LinearWithEncoder())
    images = model.decode(model.latents(4, seed=3).clamp(-1.5, 1.5))
    settings = InversionSettings(steps=1, rate=1e-4, starts=1)
    one_step = invert(model, images, settings)
    assert float(one_step.l1.max()) < 0.004  # the rounding of pixels
    assert float(invert(linear_model(Linear()), images, settings).l1.min()) > 0.004


def test_leaves_the_networks_as_they_are() -> None:
    model = linear_model(Linear())
    model.networks.train()
    before = {key: value.clone() for key, value in model.networks.state_dict().items()}
    invert(model, model.sample(2), InversionSettings(steps=3))
    assert all(torch.equal(value, before[key]) for key, value in model.networks.state_dict().items())
    assert all(p.requires_grad and p.grad is None for p in model.networks.parameters())
    assert model.networks.training


def test_does_not_depend_on_the_other_images_and_says_how_far_it_is() -> None:
    model = linear_model(Linear())
    images, done = model.sample(40, seed=2), list[tuple[int, int]]()
    settings = InversionSettings(steps=20, starts=8)
    whole = invert(model, images, settings, progress=lambda count, total: done.append((count, total)))
    for part in (slice(0, 3), slice(35, 40)):
        assert torch.allclose(whole.latents[part], invert(model, images[part], settings).latents, atol=1e-5)
    assert done == [(32, 40), (40, 40)]


def test_the_difference_is_on_a_scale_from_0_to_1() -> None:
    black, white = torch.zeros(2, *SHAPE, dtype=torch.uint8), torch.full((2, *SHAPE), 255, dtype=torch.uint8)
    assert mean_absolute_difference(black, white).tolist() == [1, 1]


def test_refuses_what_it_cannot_invert() -> None:
    model = linear_model(Linear())
    with pytest.raises(UserError, match="only images can be inverted"):
        invert(ganbench.load("zoo:ring8"), torch.zeros(2, 2))
    with pytest.raises(
        UserError, match=r"the images have shape \[1, 5, 5\], those of the training data \[1, 4, 4\]"
    ):
        invert(model, torch.zeros(2, 1, 5, 5, dtype=torch.uint8))
    for changes, message in (
        ({"steps": 0}, "the number of steps"),
        ({"starts": 0}, "the number of starts"),
        ({"starts": 513}, "the number of starts must be at most 512, not 513"),
        ({"rate": float("nan")}, "the learning rate must be above 0, not nan"),
    ):
        with pytest.raises(UserError, match=message):
            InversionSettings(**changes)
