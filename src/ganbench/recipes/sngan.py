"""Spectral normalisation on points and images: Spectral Normalization for GANs, 2018, arXiv 1802.05957."""

from __future__ import annotations

from ganbench.config.spec import Spec
from ganbench.losses import Hinge, NonSaturating
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.mlp import GRID25, MNIST, RING8, SMALL_BATCHES, DatasetSetup, mlp_gan
from ganbench.recipes.optimization import adam
from ganbench.recipes.simple_cnn import cifar10_gan
from ganbench.regularizers import LeCam

SNGAN = Paper(
    "Spectral Normalization for Generative Adversarial Networks",
    2018,
    "1802.05957",
    ("Takeru Miyato", "Toshiki Kataoka", "Masanori Koyama", "Yuichi Yoshida"),
)

#: Without LeCam, D often overpowers G in the first steps, and both networks take long to recover. This weight keeps
#: scores from reaching the hinge's margin, beyond which D has no gradient.
LECAM = Spec(LeCam, weight=0.3)


def sngan(setup: DatasetSetup, budget: Budget, laptop_steps: int) -> Recipe:
    """Return the GAN with spectral norm on every layer of D, with the settings of GANs-Implementations.

    On images at laptop size there is one D update on small batches, learning rates are higher, G has batch norm, and an
    EMA of G is kept.
    """
    small = budget == "laptop" and not setup.is_points
    return mlp_gan(
        "sngan",
        "GAN with spectral norm in D",
        setup,
        budget,
        laptop_steps,
        loss=Spec(NonSaturating),
        optimizer=adam(1e-3 if small else 3e-4, (0.5, 0.999)),
        papers=(SNGAN,),
        spectral_norm=True,
        critic_steps=1 if small else 5,
        generator_norm="batch" if small else None,
        schedule_changes=SMALL_BATCHES if small else None,
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
    return sngan(MNIST, budget, 8000)


def _sngan_cifar10(name: str, summary: str, loss: Spec, budget: Budget) -> Recipe:
    """Return the convolutional GAN with spectral norm in D and, as in the paper, no batch norm in D.

    GANs-Implementations has both, which breaks the bound on D's slope; ``networks.D.norm=batch`` restores it. At laptop
    size D sums its features over positions and has LeCam.
    """
    laptop = budget == "laptop"
    if laptop:  # spectral norm bounds D's slope, so D takes higher learning rates
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
        regularizers=(LECAM,) if laptop else (),
        critic_norm="none",
        spectral_norm=True,
        pool="sum" if laptop else "none",
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
