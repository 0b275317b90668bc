"""A convolutional GAN whose D has a higher learning rate than G.

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
from ganbench.recipes.optimization import adam, warmup_schedule, with_scores
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
    """The DCGAN of vineeths96/Generative-Adversarial-Networks-GANs on CIFAR-10, with two learning rates.

    G starts from a dense layer, both networks have 5x5 kernels, D has dropout. D's targets are drawn from [.9, 1) for
    real samples and from [0, .1) for fakes. The original updates D on real and fake samples separately and reuses D's
    latents for G; here D is updated on both at once and G on new latents. In the original, a side effect of Keras
    switches batch norm to its running statistics where G makes D's fakes and where D judges G's; here every batch has
    its own statistics in training. The original reached its 100,000 steps over several runs and does not flip images.
    At laptop size images are flipped, the networks have half the width, batches have 16 images, G learns from D's
    fakes, and there are a warmup and an EMA of G. There G's learning rate is twice D's: after 1,500 steps, that scored
    better than half of D's.
    """
    laptop = budget == "laptop"
    width = 32 if laptop else 64
    return Recipe(
        name="dcgan-ttur-cifar10",
        summary="DCGAN with different learning rates for G and D, dropout and soft labels on CIFAR-10",
        data=Spec(cifar10) if laptop else Spec(cifar10, flip=False),
        latent=Spec(Gaussian, size=100),
        networks={
            "G": Spec(DenseDCGANGenerator, width=width),
            "D": Spec(DenseDCGANDiscriminator, width=width),
        },
        algorithm=Spec(
            Adversarial,
            loss=Spec(NonSaturating, real_target=0.95, fake_target=0.05),
            regularizers=(Spec(LabelNoise, real=0.05, fake=0.05),),
            reuse_fakes=laptop,
        ),
        optimizers={
            "G": adam(1e-3, (0.5, 0.999)) if laptop else adam(1e-4, (0.5, 0.99)),
            "D": adam(5e-4, (0.5, 0.999)) if laptop else adam(4e-4, (0.5, 0.99)),
        },
        schedule=warmup_schedule(budget, 12_000, batch=16, end=1)
        if laptop
        else with_scores(Schedule(steps=100_000, batch=128), every=2000),
        papers=(DCGAN, TTUR),
    )
