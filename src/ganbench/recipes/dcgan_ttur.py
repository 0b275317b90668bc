"""A convolutional GAN whose D learns faster than its G.

GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium, 2017, arXiv 1706.08500.
"""

from __future__ import annotations

from ganbench.algorithms import Adversarial
from ganbench.config.spec import Spec
from ganbench.data.torchvision_sets import cifar10
from ganbench.latents import Gaussian
from ganbench.losses import NonSaturating
from ganbench.networks import DenseDCGANDiscriminator, DenseDCGANGenerator
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.dcgan import DCGAN
from ganbench.recipes.mlp import adam
from ganbench.regularizers import LabelNoise
from ganbench.training.settings import Schedule

TTUR = Paper(
    "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium",
    2017,
    "1706.08500",
    ("Martin Heusel", "Hubert Ramsauer", "Thomas Unterthiner", "Bernhard Nessler", "Sepp Hochreiter"),
)


@recipe
def dcgan_ttur_cifar10(budget: Budget = "reference") -> Recipe:
    """The reference system's: a dense start, 5x5 kernels, dropout and soft labels in D, which learns faster than G.

    D's targets are drawn from [.9, 1) for real samples and from [0, .1) for fake ones. The reference system let D
    step on real and fake samples in turn, and G on D's latents; here D steps on both at once and G on latents of
    its own. Its 100,000 steps were several runs, one after another. At laptop size the networks have half the width,
    G learns half as fast as D, and an average of it is kept.
    """
    laptop = budget == "laptop"
    width = 32 if laptop else 64
    return Recipe(
        name="dcgan-ttur-cifar10",
        summary="a convolutional GAN with two learning rates, dropout and soft labels on CIFAR-10",
        data=Spec(cifar10),
        latent=Spec(Gaussian, size=100),
        networks={
            "G": Spec(DenseDCGANGenerator, width=width),
            "D": Spec(DenseDCGANDiscriminator, width=width),
        },
        algorithm=Spec(
            Adversarial,
            loss=Spec(NonSaturating, real_target=0.95, fake_target=0.05),
            regularizers=(Spec(LabelNoise, real=0.05, fake=0.05),),
        ),
        optimizers={"G": adam(2e-4 if laptop else 1e-4, (0.5, 0.99)), "D": adam(4e-4, (0.5, 0.99))},
        schedule=Schedule(steps=5000, batch=64, ema_half_life=10_000, sample_every=500, checkpoint_every=500)
        if laptop
        else Schedule(steps=100_000, batch=128),
        papers=(DCGAN, TTUR),
    )
