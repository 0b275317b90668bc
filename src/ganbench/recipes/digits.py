"""Four small GANs on MNIST after LuisguiPizana/gans-paper: two unconditional, two class-conditional.

Maxout Networks (2013), arXiv:1302.4389; Conditional Generative Adversarial Nets (2014), arXiv:1411.1784.
"""

from __future__ import annotations

import dataclasses

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
from ganbench.recipes.optimization import adam, ema_schedule, with_scores
from ganbench.training.schedule import Constant, Linear, Step
from ganbench.training.settings import Schedule

MAXOUT = Paper(
    "Maxout Networks",
    2013,
    "1302.4389",
    ("Ian J. Goodfellow", "David Warde-Farley", "Mehdi Mirza", "Aaron Courville", "Yoshua Bengio"),
)
_EPOCH = 469  # batches of 128


def mnist_gan(
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
    clipped_networks: tuple[str, ...] = (),
) -> Recipe:
    """Return a GAN on MNIST with the settings of gans-paper: batches of 128, one D update, clipped gradients.

    At laptop size learning rates decay to 0 in the second half and an EMA of G is kept. The original's bugs are left
    out: G in eval mode after the first evaluation, reused latents, partial last batches.

    Args:
        name: The recipe's name.
        summary: The recipe's summary.
        budget: The budget.
        networks: G and D.
        epochs: Length of the reference run.
        laptop_steps: Length of the laptop run.
        optimizers: Optimizers of G and D, with the reference learning rates.
        laptop_rates: Learning rates of G and D at laptop size.
        laptop_batch: Batch size at laptop size.
        papers: Sources.
        loss: Adversarial loss; by default non-saturating.
        algorithm: Algorithm without its loss; by default :class:`Adversarial`.
        learning_rate: Learning-rate factor of the reference run; by default constant.
        clipped_networks: Networks with clipped gradients; by default both.
    """
    laptop = budget == "laptop"
    rates = laptop_rates if laptop else tuple(o.kwargs["lr"] for o in optimizers)
    if laptop:
        schedule = ema_schedule(laptop_steps, laptop_batch, learning_rate=Spec(Linear, from_share=0.5))
    else:
        factor = learning_rate or Spec(Constant)
        schedule = Schedule(steps=epochs * _EPOCH, batch=128, learning_rate=factor)
        schedule = with_scores(schedule, every=4000)
    return Recipe(
        name=name,
        summary=summary,
        data=Spec(mnist),
        latent=Spec(Gaussian, size=100),
        networks={"G": networks[0], "D": networks[1]},
        algorithm=(algorithm or Spec(Adversarial)).replace(loss=loss or Spec(NonSaturating)),
        optimizers={n: o.replace(lr=r) for n, o, r in zip("GD", optimizers, rates, strict=True)},
        schedule=dataclasses.replace(schedule, gradient_clip=5.0, clipped_networks=clipped_networks),
        papers=papers,
    )


@recipe
def maxout_gan_mnist(budget: Budget = "reference") -> Recipe:
    """An MLP G and a D of two maxout layers with dropout. One-sided label smoothing: real and G's targets are .9."""
    return mnist_gan(
        "maxout-gan-mnist",
        "GAN with a maxout discriminator on MNIST digits",
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
    """A small DCGAN: G starts from a 7x7 map, D has no strides, weight decay, G's target is .9. Only D is clipped.

    D without strides is the slowest of these networks; at laptop size it has half the width and batches of 64.
    """
    betas = (0.5, 0.999)
    return mnist_gan(
        "dcgan-c2-mnist",
        "small convolutional GAN on MNIST digits, without strides in D",
        budget,
        (
            Spec(StridelessDCGANGenerator),
            Spec(StridelessDCGANDiscriminator, width=8 if budget == "laptop" else 16),
        ),
        epochs=100,
        laptop_steps=2000,
        optimizers=(adam(2e-4, betas, weight_decay=1e-3), adam(5e-5, betas, weight_decay=1e-3)),
        laptop_rates=(1e-3, 3e-4),
        laptop_batch=64,
        loss=Spec(NonSaturating, generator_target=0.9),
        learning_rate=Spec(Step, every=1200, factor=0.97),
        clipped_networks=("D",),
        papers=(DCGAN,),
    )


@recipe
def cgan_dense_mnist(budget: Budget = "reference") -> Recipe:
    """A conditional GAN of MLPs; the one-hot class is concatenated to the latent and to the image.

    As in the original, no activation follows G's third batch norm.
    """
    return mnist_gan(
        "cgan-dense-mnist",
        "conditional GAN with fully connected networks on MNIST digits",
        budget,
        (
            Spec(
                MLPGenerator,
                width=(256, 512, 1024),
                norm="batch",
                slope=(0.2, 0.2, 1.0),
                conditioning=Spec(OneHot),
            ),
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
    """A conditional GAN with separate branches for the class in G and D, maxout units in D, and dropout.

    Gaussian noise on D's image (``networks.D.input_noise``), between its layers (``networks.D.noise``) and on the
    class branch (``networks.D.conditioning.noise``) is off, as in the original's final version. Soft labels drawn
    from [.7, 1) and [0, .3) are ``NonSaturating(real_target=.85, fake_target=.15)`` with
    ``LabelNoise(real=.15, fake=.15)``.
    """
    return mnist_gan(
        "cgan-maxout-mnist",
        "conditional GAN with separate layers for the class and a maxout discriminator on MNIST digits",
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
