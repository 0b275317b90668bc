"""Four small GANs on MNIST as one student's system had them: two without classes, two with.

Maxout Networks (2013), arXiv:1302.4389; Conditional Generative Adversarial Nets (2014), arXiv:1411.1784.
"""

from __future__ import annotations

import torch

from ganbench.algorithms import Adversarial
from ganbench.conditioning import LabelBranch, LabelPlanes, MaxoutBranch, OneHot
from ganbench.config.spec import Spec
from ganbench.data.torchvision_sets import mnist
from ganbench.latents import Gaussian
from ganbench.losses import NonSaturating
from ganbench.networks import (
    MaxoutDiscriminator,
    MLPDiscriminator,
    MLPGenerator,
    StridelessDCGANDiscriminator,
    StridelessDCGANGenerator,
)
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.cgan import CGAN
from ganbench.recipes.dcgan import DCGAN
from ganbench.recipes.gan import GAN
from ganbench.recipes.mlp import adam
from ganbench.training.schedule import Linear, Step
from ganbench.training.settings import Schedule

MAXOUT = Paper(
    "Maxout Networks",
    2013,
    "1302.4389",
    ("Ian J. Goodfellow", "David Warde-Farley", "Mehdi Mirza", "Aaron Courville", "Yoshua Bengio"),
)
_EPOCH = 469  # batches of 128


def digits_gan(
    name: str,
    summary: str,
    budget: Budget,
    networks: tuple[Spec, Spec],
    *,
    epochs: int,
    laptop_steps: int,
    optimizers: tuple[Spec, Spec],
    laptop_rates: tuple[float, float],
    laptop_batch: int = 128,
    papers: tuple[Paper, ...],
    loss: Spec | None = None,
    algorithm: Spec | None = None,
    learning_rate: Spec | None = None,
    gradient_clip: float | None = 5.0,
) -> Recipe:
    """Return a GAN on MNIST with the system's settings, batches of 128 (``laptop_batch``) and one D update.

    The laptop has fewer steps of higher rates, which fall to 0, and keeps an average of G. What was no choice but a
    fault there is left out: G in evaluation mode after the first score, latents used twice, odd last batches.
    """
    laptop = budget == "laptop"
    chosen = algorithm or Spec(Adversarial)
    rates = laptop_rates if laptop else tuple(o.kwargs["lr"] for o in optimizers)
    schedule = (
        Schedule(
            steps=laptop_steps,
            batch=laptop_batch,
            learning_rate=Spec(Linear, from_share=0.5),
            gradient_clip=gradient_clip,
            ema_half_life=10_000,
            sample_every=500,
            checkpoint_every=500,
        )
        if laptop
        else Schedule(steps=epochs * _EPOCH, batch=128, gradient_clip=gradient_clip)
    )
    made = Recipe(
        name=name,
        summary=summary,
        data=Spec(mnist),
        latent=Spec(Gaussian, size=100),
        networks={"G": networks[0], "D": networks[1]},
        algorithm=chosen.replace(loss=loss or Spec(NonSaturating)),
        optimizers={n: o.replace(lr=r) for n, o, r in zip("GD", optimizers, rates, strict=True)},
        schedule=schedule,
        papers=papers,
    )
    falls = learning_rate is not None and not laptop
    return made.override({"schedule.learning_rate": learning_rate}) if falls else made


@recipe
def maxout_gan_mnist(budget: Budget = "reference") -> Recipe:
    """A dense G against two layers of maxout units with dropout; real samples and G's target are .9 (soft labels)."""
    return digits_gan(
        "maxout-gan-mnist",
        "a GAN whose D has maxout units on MNIST digits",
        budget,
        (Spec(MLPGenerator, width=(512, 1024, 784), norm="batch"), Spec(MaxoutDiscriminator)),
        epochs=50,
        laptop_steps=5000,
        optimizers=(adam(2e-4, (0.5, 0.9)), adam(5e-5, (0.5, 0.9))),
        laptop_rates=(5e-4, 2e-4),
        loss=Spec(NonSaturating, real_target=0.9, generator_target=0.9),
        learning_rate=Spec(Step, every=5000, factor=0.97),
        papers=(GAN, MAXOUT),
    )


@recipe
def dcgan_c2_mnist(budget: Budget = "reference") -> Recipe:
    """A small convolutional pair: G from a 7x7 map, a D without strides, weight decay; G's target is .9.

    A D that never strides is the costliest here: at laptop size it has half the width and batches of 64.
    """

    def decaying(rate: float) -> Spec:
        return Spec(torch.optim.Adam, lr=rate, betas=(0.5, 0.999), weight_decay=1e-3)

    return digits_gan(
        "dcgan-c2-mnist",
        "a small convolutional GAN whose D never strides on MNIST digits",
        budget,
        (
            Spec(StridelessDCGANGenerator),
            Spec(StridelessDCGANDiscriminator, width=8 if budget == "laptop" else 16),
        ),
        epochs=100,
        laptop_steps=2000,
        optimizers=(decaying(2e-4), decaying(5e-5)),
        laptop_rates=(1e-3, 3e-4),
        laptop_batch=64,
        loss=Spec(NonSaturating, generator_target=0.9),
        learning_rate=Spec(Step, every=1200, factor=0.97),
        papers=(DCGAN,),
    )


@recipe
def cgan_dense_mnist(budget: Budget = "reference") -> Recipe:
    """Fully connected, the one-hot class beside the latent and beside the picture."""
    return digits_gan(
        "cgan-dense-mnist",
        "a fully connected GAN told the class on MNIST digits",
        budget,
        (
            Spec(MLPGenerator, width=(256, 512, 1024), norm="batch", conditioning=Spec(OneHot)),
            Spec(MLPDiscriminator, width=(512, 256), conditioning=Spec(LabelPlanes)),
        ),
        epochs=100,
        laptop_steps=8000,
        optimizers=(adam(2e-4, (0.5, 0.999)), adam(2e-4, (0.5, 0.999))),
        laptop_rates=(4e-4, 4e-4),
        algorithm=Spec(Adversarial, labels="uniform", one_pass=True),
        papers=(CGAN,),
    )


@recipe
def cgan_maxout_mnist(budget: Budget = "reference") -> Recipe:
    """Branches for latent and class in G, for picture and class in D, joined further on; maxout units and dropout.

    Gaussian noise on D's picture (``networks.D.input_noise``), between its layers (``networks.D.noise``) and on what
    the class becomes (``networks.D.conditioning.noise``) is off, as the system's was in the end. Soft labels drawn
    from [.7, 1) and [0, .3) are ``NonSaturating(real_target=.85, fake_target=.15)`` with
    ``LabelNoise(real=.15, fake=.15)``.
    """
    return digits_gan(
        "cgan-maxout-mnist",
        "a GAN with branches for the class and maxout units in D on MNIST digits",
        budget,
        (
            Spec(
                MLPGenerator,
                width=(1024,),
                norm="batch",
                slope=0.1,
                dropout=0.3,
                conditioning=Spec(LabelBranch, latent_width=256, class_width=128, dropout=0.3),
            ),
            Spec(
                MaxoutDiscriminator,
                width=(200,),
                dropout=0.3,
                conditioning=Spec(MaxoutBranch, size=40, joint=200, pieces=4, dropout=0.3),
            ),
        ),
        epochs=100,
        laptop_steps=6000,
        optimizers=(adam(2e-4, (0.5, 0.999)), adam(1e-4, (0.5, 0.999))),
        laptop_rates=(5e-4, 2.5e-4),
        algorithm=Spec(Adversarial, labels="uniform", one_pass=True),
        papers=(CGAN, MAXOUT),
    )
