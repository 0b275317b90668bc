"""Which real images fakes replace, and what D then sees."""

from __future__ import annotations

import pytest
import torch
from tests.support.training import tiny_recipe

from ganbench.algorithms import Adversarial
from ganbench.augment import ADA, APA, DiffAugment
from ganbench.config.spec import Spec
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.experiment.build_trainer import make_trainer
from ganbench.inference.build import make_dataset
from ganbench.latents import Gaussian
from ganbench.losses import Hinge
from ganbench.training.engine import Engine
from ganbench.training.phase import Context
from ganbench.utils.random_stream import RandomStream

REAL, FAKE = 0.75, -0.25


class Constant(torch.nn.Module):
    """A generator of images with one value."""

    def forward(self, z: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        return torch.full((len(z), 1, 4, 4), FAKE)


class Recorder(torch.nn.Module):
    """A discriminator that records what it sees."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[torch.Tensor, torch.Tensor | None]] = []

    def forward(self, x: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        self.seen.append((x, y))
        return x.mean((1, 2, 3))


def discriminator_inputs(
    p: float, rows: int, classes: int = 0
) -> list[tuple[torch.Tensor, torch.Tensor | None]]:
    """Return the real and the fake batch that D gets, with their labels."""
    algorithm = Adversarial(
        latent=Gaussian(2),
        loss=Hinge(),
        augmentation=APA(p=p),
        labels="uniform" if classes else "none",
        classes=classes,
    )
    critic = Recorder()
    networks = torch.nn.ModuleDict({"G": Constant(), "D": critic})
    labels = torch.full((rows,), classes) if classes else None  # no fake has this one
    batch = Batch(torch.full((rows, 1, 4, 4), REAL), labels)
    algorithm.discriminator_losses(networks, batch, Context(0, 10, 0, rows, RandomStream("a")))
    return critic.seen


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_the_share_p_of_the_real_images_are_fakes(p: float) -> None:
    real, fake = (x for x, _ in discriminator_inputs(p, 1000))
    values = real.flatten(1)
    assert ((values == REAL).all(1) | (values == FAKE).all(1)).all(), "an image is whole"
    assert float((values == FAKE).all(1).float().mean()) == pytest.approx(p, abs=0.05)
    assert (fake == FAKE).all()


def test_a_pseudo_real_has_the_label_of_its_fake() -> None:
    (real, labels), (_, fake_labels) = discriminator_inputs(0.5, 200, classes=3)
    assert labels is not None
    assert fake_labels is not None
    is_fake = (real == FAKE).flatten(1).all(1)
    assert torch.equal(labels[is_fake], fake_labels[is_fake])
    assert (labels[~is_fake] == 3).all()
    assert 0 < int(is_fake.sum()) < 200


def test_the_mean_sign_moves_p() -> None:
    recipe = tiny_recipe(
        "dcgan-shapes",
        {"algorithm.augmentation": Spec(APA, p=0.5, speed=100.0, every=2), "schedule.steps": 4},
    )
    trainer = make_trainer(recipe, make_dataset(recipe), Engine(recipe.machine), 0)
    for _ in range(2):
        trainer.train_step()
    assert float(trainer.algorithm.augmentation.probability) != 0.5
    assert "augmentation/p" in trainer.read_log()


def test_images_change_only_by_the_augmentation_inside() -> None:
    x = torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
    assert APA(p=1.0)(x, RandomStream("a")) is x
    inside = DiffAugment()
    assert torch.equal(APA(augmentation=inside)(x, RandomStream("a")), inside(x, RandomStream("a")))


def test_two_adaptive_augmentations_are_refused() -> None:
    with pytest.raises(UserError, match="APA: ADA adapts to D's scores, too"):
        APA(augmentation=ADA())
    with pytest.raises(UserError, match="APA: p is in"):
        APA(p=2.0)
