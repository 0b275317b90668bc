"""Codes found without labels: InfoGAN, 2016, arXiv 1606.03657."""

from __future__ import annotations

import dataclasses

from ganbench.algorithms import InfoGAN
from ganbench.augment import Affine
from ganbench.config.spec import Spec
from ganbench.data.shapes import shapes
from ganbench.data.torchvision_sets import mnist
from ganbench.latents import Structured
from ganbench.losses import NonSaturating
from ganbench.networks import (
    CodeNetwork,
    DenseConvDiscriminator,
    DenseConvGenerator,
    SimpleCNNDiscriminator,
    SimpleCNNGenerator,
)
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.gan import CONVERGENCE
from ganbench.recipes.mlp import adam
from ganbench.regularizers import R1
from ganbench.training.schedule import Constant, Linear
from ganbench.training.settings import Schedule

INFOGAN = Paper(
    "InfoGAN: Interpretable Representation Learning by Information Maximizing Generative Adversarial Nets",
    2016,
    "1606.03657",
    ("Xi Chen", "Yan Duan", "Rein Houthooft", "John Schulman", "Ilya Sutskever", "Pieter Abbeel"),
)

#: Two networks of one convolution a level.
PLAIN = (Spec(SimpleCNNGenerator), Spec(SimpleCNNDiscriminator))


def infogan(
    name: str, words: str, data: Spec, latent: Spec, networks: tuple[Spec, Spec], budget: Budget
) -> Recipe:
    """Return InfoGAN with batch norm and the paper's rates: D (and Q) 2e-4, G 1e-3.

    ``networks`` are G and D, of the reference's width 64 or at laptop size of half of it; there rates fall to 0 in
    the second half, so that Q reads steadily in the end.
    """
    laptop = budget == "laptop"
    width = 32 if laptop else 64
    return Recipe(
        name=name,
        summary=f"a GAN that finds codes without labels{words}",
        data=data,
        latent=latent,
        networks={
            "G": networks[0].replace(width=width),
            "D": networks[1].replace(width=width),
            "Q": Spec(CodeNetwork),
        },
        algorithm=Spec(InfoGAN, loss=Spec(NonSaturating), categorical_weight=1.0, continuous_weight=0.1),
        optimizers={
            "G": adam(1e-3, (0.5, 0.999)),
            "D": adam(2e-4, (0.5, 0.999)),
            "Q": adam(2e-4, (0.5, 0.999)),
        },
        schedule=Schedule(
            steps=5000 if laptop else 25_000,
            batch=64 if laptop else 128,
            learning_rate=Spec(Linear, from_share=0.5) if laptop else Spec(Constant),
            ema_half_life=10_000,
            sample_every=500,
            checkpoint_every=500,
        ),
        papers=(INFOGAN,),
    )


@recipe
def infogan_mnist(budget: Budget = "reference") -> Recipe:
    """InfoGAN on MNIST with the paper's networks: 62 numbers of noise, a code of ten values, two continuous ones.

    The laptop adds what is ours: D and Q see digits a little turned, stretched, sheared and moved, and G learns to draw
    before codes count, the category after a fifth of the run, the continuous ones after two fifths. Without both,
    categories settle on slant and thickness within the first hundreds of steps, and stay there.
    """
    networks = (Spec(DenseConvGenerator), Spec(DenseConvDiscriminator))
    made = infogan("infogan-mnist", " on MNIST digits", Spec(mnist), Spec(Structured), networks, budget)
    if budget != "laptop":
        return made
    late = {
        "augmentation": Spec(Affine),
        "categorical_share": Spec(Linear, start=0.0, end=1.0, from_share=0.2, to_share=0.26),
        "continuous_share": Spec(Linear, start=0.0, end=1.0, from_share=0.4, to_share=0.5),
    }
    return dataclasses.replace(made, algorithm=made.algorithm.replace(**late))


@recipe
def infogan_plain_mnist(budget: Budget = "reference") -> Recipe:
    """InfoGAN without batch norm, as the reference system studied it on 32x32 digits.

    100 numbers of noise, normal continuous codes of fixed spread, R1 (gamma 20, its lambda of 10 on a halved loss), and
    a step for the information alone, which moves G, D and Q. At laptop size gamma is 1, every fourth update.
    """
    laptop = budget == "laptop"
    base = infogan(
        "infogan-plain-mnist",
        ", without batch norm, on MNIST digits",
        Spec(mnist, size=32),
        Spec(Structured, noise=100, normal=True),
        PLAIN,
        budget,
    )
    optimizer = adam(5e-4 if laptop else 3e-4)
    penalty = Spec(R1, gamma=1.0, every=4) if laptop else Spec(R1, gamma=20.0)
    width = 32 if laptop else 64
    return dataclasses.replace(
        base,
        networks={
            "G": Spec(SimpleCNNGenerator, width=width, norm="none"),
            "D": Spec(SimpleCNNDiscriminator, width=width, norm="none"),
            "Q": Spec(CodeNetwork, width=0, norm="none", spread=False),
        },
        algorithm=Spec(
            InfoGAN,
            loss=Spec(NonSaturating),
            continuous_weight=1.0,
            separate_step=True,
            regularizers=(penalty,),
            critic_steps=1 if laptop else 5,
        ),
        optimizers={"G": optimizer, "D": optimizer, "Q": optimizer},
        schedule=base.schedule if laptop else Schedule(steps=10_000, batch=256),
        papers=(INFOGAN, CONVERGENCE),
    )


@recipe
def infogan_shapes(budget: Budget = "reference") -> Recipe:
    """InfoGAN on drawn shapes, whose factors are known: codes of six and of eight values, four continuous ones."""
    latent = Spec(Structured, categorical=(6, 8), continuous=4)
    return infogan("infogan-shapes", " on procedural coloured shapes", Spec(shapes), latent, PLAIN, budget)
