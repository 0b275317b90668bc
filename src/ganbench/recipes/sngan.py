"""Spectral normalisation on points and pictures: Spectral Normalization for GANs, 2018, arXiv 1802.05957."""

from __future__ import annotations

from ganbench.config.spec import Spec
from ganbench.losses import Hinge, NonSaturating
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.mlp import GRID25, MNIST, RING8, Task, adam, mlp_gan
from ganbench.recipes.simple_cnn import cifar10_gan

SNGAN = Paper(
    "Spectral Normalization for Generative Adversarial Networks",
    2018,
    "1802.05957",
    ("Takeru Miyato", "Toshiki Kataoka", "Masanori Koyama", "Yuichi Yoshida"),
)


def sngan(task: Task, budget: Budget, laptop_steps: int) -> Recipe:
    """Return the GAN whose D has spectral norm on every layer, the study's settings."""
    return mlp_gan(
        "sngan",
        "a GAN with spectral norm in D",
        task,
        task.schedule(budget, laptop_steps),
        loss=Spec(NonSaturating),
        optimizer=adam(betas=(0.5, 0.999)),
        papers=(SNGAN,),
        spectral_norm=True,
        width=task.width(budget),
    )


@recipe
def sngan_ring8(budget: Budget = "reference") -> Recipe:
    """The GAN with spectral norm on eight Gaussians."""
    return sngan(RING8, budget, 2000)


@recipe
def sngan_grid25(budget: Budget = "reference") -> Recipe:
    """The GAN with spectral norm on 25 Gaussians."""
    return sngan(GRID25, budget, 2000)


@recipe
def sngan_mnist(budget: Budget = "reference") -> Recipe:
    """The GAN with spectral norm on MNIST, fully connected."""
    return sngan(MNIST, budget, 4000)


def _cifar10(name: str, words: str, loss: Spec, budget: Budget) -> Recipe:
    """Return the convolutional GAN with spectral norm in D instead of batch norm, as the paper has it.

    The reference system kept both, which undoes the bound on D's slope (``networks.D.norm=batch`` brings it back).
    """
    if budget == "laptop":  # D's slope is bounded, so it can learn fast: pictures come sooner
        optimizers = (adam(5e-4, (0.0, 0.99)), adam(1e-3, (0.0, 0.99)))
    else:
        optimizers = (adam(8e-4, (0.5, 0.999)), adam(8e-4, (0.5, 0.999)))
    return cifar10_gan(
        name,
        f"a convolutional GAN with spectral norm in D{words}",
        budget,
        loss=loss,
        optimizers=optimizers,
        papers=(SNGAN,),
        critic_norm="none",
        spectral_norm=True,
    )


@recipe
def sngan_cifar10(budget: Budget = "reference") -> Recipe:
    """The convolutional GAN with spectral norm and the non-saturating loss."""
    return _cifar10("sngan", "", Spec(NonSaturating), budget)


@recipe
def sngan_hinge_cifar10(budget: Budget = "reference") -> Recipe:
    """The convolutional GAN with spectral norm and the hinge loss."""
    return _cifar10("sngan-hinge", " and the hinge loss", Spec(Hinge), budget)
