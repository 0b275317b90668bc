"""GANs with self-attention, with and without classes: Self-Attention GANs, 2018, arXiv 1805.08318."""

from __future__ import annotations

from ganbench.algorithms import Adversarial
from ganbench.conditioning import ClassNorm, Projection
from ganbench.config.spec import Spec
from ganbench.data.torchvision_sets import cifar10
from ganbench.latents import Gaussian
from ganbench.losses import Hinge
from ganbench.networks import ResNetDiscriminator, ResNetGenerator, SimpleCNNDiscriminator, SimpleCNNGenerator
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.classes import with_classes
from ganbench.recipes.mlp import adam
from ganbench.recipes.projection import PROJECTION
from ganbench.training.schedule import Linear
from ganbench.training.settings import Schedule

SAGAN = Paper(
    "Self-Attention Generative Adversarial Networks",
    2018,
    "1805.08318",
    ("Han Zhang", "Ian Goodfellow", "Dimitris Metaxas", "Augustus Odena"),
)


def attentive(budget: Budget) -> tuple[dict[str, Spec], Schedule]:
    """Return networks with spectral norm everywhere and self-attention at 16x16, and how long they learn.

    The reference has the residual networks of 32x32 pictures, the laptop plain ones of an eighth of the usual width.
    """
    if budget == "laptop":
        networks = {
            "G": Spec(SimpleCNNGenerator, width=32, spectral_norm=True, attention=16),
            "D": Spec(
                SimpleCNNDiscriminator,
                width=32,
                norm="none",
                spectral_norm=True,
                attention=16,
                pool="sum",
            ),
        }
        schedule = Schedule(
            steps=3500,
            batch=64,
            learning_rate=Spec(Linear),
            ema_half_life=10_000,
            sample_every=500,
            checkpoint_every=500,
        )
        return networks, schedule
    networks = {
        "G": Spec(ResNetGenerator, spectral_norm=True, attention=16),
        "D": Spec(ResNetDiscriminator, spectral_norm=True, attention=16, pool="sum"),
    }
    return networks, Schedule(steps=100_000, batch=64)


@recipe
def sagan_uncond_cifar10(budget: Budget = "reference") -> Recipe:
    """The self-attention GAN on CIFAR-10 without classes: hinge loss, one D update, D's rate four times G's."""
    networks, schedule = attentive(budget)
    laptop = budget == "laptop"
    return Recipe(
        name="sagan-uncond-cifar10",
        summary="a GAN with self-attention on CIFAR-10, without classes",
        data=Spec(cifar10),
        latent=Spec(Gaussian, size=128),
        networks=networks,
        algorithm=Spec(Adversarial, loss=Spec(Hinge), one_pass=True),
        optimizers={
            "G": adam(2.5e-4 if laptop else 1e-4, (0.0, 0.9)),
            "D": adam(1e-3 if laptop else 4e-4, (0.0, 0.9)),
        },
        schedule=schedule,
        papers=(SAGAN,),
    )


@recipe
def sagan_cifar10(budget: Budget = "reference") -> Recipe:
    """The self-attention GAN on CIFAR-10: batch norm by class in G, projection in D."""
    return with_classes(
        sagan_uncond_cifar10(budget),
        "sagan-cifar10",
        "a GAN with self-attention and projection on CIFAR-10",
        generator=Spec(ClassNorm),
        discriminator=Spec(Projection),
        papers=(SAGAN, PROJECTION),
    )
