"""WGAN-GP with residual networks: Improved Training of Wasserstein GANs, 2017, arXiv 1704.00028."""

from __future__ import annotations

from ganbench.algorithms import Adversarial
from ganbench.config.spec import Spec
from ganbench.data.torchvision_sets import cifar10
from ganbench.latents import Gaussian
from ganbench.losses import Wasserstein
from ganbench.networks import ResNetDiscriminator, ResNetGenerator
from ganbench.recipes.base import Budget, Recipe, recipe
from ganbench.recipes.optimization import adam, warmup_schedule, with_scores
from ganbench.recipes.sngan import SNGAN
from ganbench.recipes.wgan import WGAN, WGAN_GP
from ganbench.regularizers import GradientPenalty
from ganbench.training.schedule import Linear
from ganbench.training.settings import Schedule


@recipe
def wgan_gp_resnet_cifar10(budget: Budget = "reference") -> Recipe:
    """WGAN-GP with SN-GAN's residual networks on CIFAR-10, after henrhoi/gan-pytorch.

    No spectral norm, five critic steps, a learning rate that decays to 0 (after every step; the original's after every
    epoch). The original's 25,088 critic steps are 5,018 generator steps. It does not flip images, and reads them in a
    fixed order; here their order is random, since neighbours in a batch should not always be the same. At laptop size
    images are flipped, the networks have an eighth of the width, which allows a higher learning rate; batches have 16
    images, D sums over positions, and there are three critic steps, a warmup and an EMA of G.
    """
    laptop = budget == "laptop"
    width = 16 if laptop else 128
    critic = Spec(ResNetDiscriminator, width=width)
    optimizer, decay = adam(5e-4 if laptop else 2e-4, (0.0, 0.9)), Spec(Linear)
    return Recipe(
        name="wgan-gp-resnet-cifar10",
        summary="Wasserstein GAN with gradient penalty and residual networks on CIFAR-10",
        data=Spec(cifar10) if laptop else Spec(cifar10, flip=False),
        latent=Spec(Gaussian, size=128),
        networks={
            "G": Spec(ResNetGenerator, width=width),
            "D": critic.replace(pool="sum", orthogonal=True) if laptop else critic,
        },
        algorithm=Spec(
            Adversarial,
            loss=Spec(Wasserstein),
            regularizers=(Spec(GradientPenalty, weight=10.0),),
            critic_steps=3 if laptop else 5,
            one_pass=True,  # equivalent without batch statistics, and faster
        ),
        optimizers={"G": optimizer, "D": optimizer},
        schedule=warmup_schedule(budget, 2500, batch=16, end=1)
        if laptop
        else with_scores(Schedule(steps=5018, batch=256, learning_rate=decay), every=500),
        papers=(WGAN, WGAN_GP, SNGAN),
    )
