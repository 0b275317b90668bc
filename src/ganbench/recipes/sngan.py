"""Spectral normalisation on points and images: Spectral Normalization for GANs, 2018, arXiv 1802.05957."""

from __future__ import annotations

from ganbench.config.spec import Spec
from ganbench.losses import Hinge, NonSaturating
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.mlp import GRID25, MNIST, RING8, DatasetSetup, mlp_gan
from ganbench.recipes.optimization import adam
from ganbench.recipes.simple_cnn import cifar10_gan

SNGAN = Paper(
    "Spectral Normalization for Generative Adversarial Networks",
    2018,
    "1802.05957",
    ("Takeru Miyato", "Toshiki Kataoka", "Masanori Koyama", "Yuichi Yoshida"),
)


def sngan(setup: DatasetSetup, budget: Budget, laptop_steps: int) -> Recipe:
    """Return the GAN with spectral norm on every layer of D, with the settings of GANs-Implementations."""
    return mlp_gan(
        "sngan",
        "GAN with spectral norm in D",
        setup,
        budget,
        laptop_steps,
        loss=Spec(NonSaturating),
        optimizer=adam(3e-4, (0.5, 0.999)),
        papers=(SNGAN,),
        spectral_norm=True,
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
    """The GAN of MLPs with spectral norm on MNIST."""
    return sngan(MNIST, budget, 4000)


def _sngan_cifar10(name: str, summary: str, loss: Spec, budget: Budget) -> Recipe:
    """Return the convolutional GAN with spectral norm in D and, as in the paper, no batch norm in D.

    GANs-Implementations has both, which breaks the bound on D's slope; ``networks.D.norm=batch`` restores it.
    """
    if budget == "laptop":  # spectral norm bounds D's slope, so D takes higher learning rates
        optimizers = (adam(5e-4, (0.0, 0.99)), adam(1e-3, (0.0, 0.99)))
    else:
        optimizers = (adam(8e-4, (0.5, 0.999)), adam(8e-4, (0.5, 0.999)))
    return cifar10_gan(
        name,
        summary,
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
    return _sngan_cifar10("sngan", "convolutional GAN with spectral norm in D", Spec(NonSaturating), budget)


@recipe
def sngan_hinge_cifar10(budget: Budget = "reference") -> Recipe:
    """The convolutional GAN with spectral norm and the hinge loss."""
    summary = "convolutional GAN with spectral norm in D and the hinge loss"
    return _sngan_cifar10("sngan-hinge", summary, Spec(Hinge), budget)
