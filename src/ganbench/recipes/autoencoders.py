"""Autoencoders trained against a discriminator, on digits: an adversarial autoencoder and a VAE-GAN."""

from __future__ import annotations

from ganbench.algorithms import AAE, VAEGAN
from ganbench.config.spec import Spec
from ganbench.data.torchvision_sets import mnist
from ganbench.latents import Gaussian
from ganbench.losses import NonSaturating
from ganbench.networks import (
    MLPDiscriminator,
    MLPEncoder,
    MLPGenerator,
    SimpleCNNDiscriminator,
    SimpleCNNGenerator,
)
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.optimization import adam, ema_schedule, with_scores

AAE_PAPER = Paper(
    "Adversarial Autoencoders",
    2015,
    "1511.05644",
    ("Alireza Makhzani", "Jonathon Shlens", "Navdeep Jaitly", "Ian Goodfellow", "Brendan Frey"),
)
VAE_GAN_PAPER = Paper(
    "Autoencoding beyond Pixels Using a Learned Similarity Metric",
    2016,
    "1512.09300",
    ("Anders Boesen Lindbo Larsen", "Søren Kaae Sønderby", "Hugo Larochelle", "Ole Winther"),
)


@recipe
def aae_mnist(budget: Budget = "reference") -> Recipe:
    """An adversarial autoencoder of MLPs on MNIST, with the paper's layers (its appendix A): two of 1,000 ReLU units.

    The latent has 8 numbers, as in its section 2.3, with a standard deviation of 1 where the paper has 5. Adam takes
    the place of gradient descent with momentum.
    """
    laptop = budget == "laptop"
    optimizer = adam(2e-4, (0.5, 0.999))
    schedule = ema_schedule(8000 if laptop else 300_000, 100)
    return Recipe(
        name="aae-mnist",
        summary="adversarial autoencoder on MNIST digits",
        data=Spec(mnist),
        latent=Spec(Gaussian, size=8),
        networks={
            "G": Spec(MLPGenerator, width=1000, depth=2, slope=0.0),
            "D": Spec(MLPDiscriminator, width=1000, depth=2, slope=0.0),
            "E": Spec(MLPEncoder, width=1000, depth=2, slope=0.0),
        },
        algorithm=Spec(AAE, loss=Spec(NonSaturating)),
        optimizers={"G": optimizer, "D": optimizer, "E": optimizer},
        schedule=schedule if laptop else with_scores(schedule, every=20_000),
        papers=(AAE_PAPER,),
    )


@recipe
def vae_gan_mnist(budget: Budget = "reference") -> Recipe:
    """A VAE-GAN on MNIST: convolutional G and D as in ``dcgan-mnist``, an MLP as encoder, a latent of 32 numbers.

    The paper trains on faces of 64x64 pixels with RMSProp; its latent has 128 numbers.
    """
    laptop = budget == "laptop"
    optimizer, latent = adam(2e-4, (0.5, 0.999)), 32
    schedule = ema_schedule(4000 if laptop else 60_000, 64)
    width = 32 if laptop else 64
    return Recipe(
        name="vae-gan-mnist",
        summary="VAE with a discriminator's features (VAE-GAN) on MNIST digits",
        data=Spec(mnist),
        latent=Spec(Gaussian, size=latent),
        networks={
            "G": Spec(SimpleCNNGenerator, width=width),
            "D": Spec(SimpleCNNDiscriminator, width=width),
            "E": Spec(MLPEncoder, latent=2 * latent, width=1000, depth=2),
        },
        algorithm=Spec(VAEGAN, loss=Spec(NonSaturating)),
        optimizers={"G": optimizer, "D": optimizer, "E": optimizer},
        schedule=schedule if laptop else with_scores(schedule, every=5_000),
        papers=(VAE_GAN_PAPER,),
    )
