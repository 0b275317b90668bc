"""Unsupervised disentangled codes: InfoGAN, 2016, arXiv 1606.03657."""

from __future__ import annotations

import dataclasses

from ganbench.algorithms import InfoGAN
from ganbench.augment import Affine
from ganbench.config.spec import Spec
from ganbench.data.shapes import shapes
from ganbench.data.torchvision_sets import mnist
from ganbench.latents import NoiseAndCodes
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
from ganbench.recipes.optimization import adam, ema_schedule, with_scores
from ganbench.regularizers import R1
from ganbench.training.schedule import Linear
from ganbench.training.settings import Schedule

INFOGAN = Paper(
    "InfoGAN: Interpretable Representation Learning by Information Maximizing Generative Adversarial Nets",
    2016,
    "1606.03657",
    ("Xi Chen", "Yan Duan", "Rein Houthooft", "John Schulman", "Ilya Sutskever", "Pieter Abbeel"),
)

#: G and D with one convolution per level.
SIMPLE_CNNS = (Spec(SimpleCNNGenerator), Spec(SimpleCNNDiscriminator))

#: The additions of the laptop budget on digits. D and Q see slightly rotated, stretched, sheared and shifted digits,
#: and the information losses start late, so that the category becomes the digit.
LATE_CODES = {
    "augmentation": Spec(Affine),
    "categorical_share": Spec(Linear, start=0.0, end=1.0, from_share=0.2, to_share=0.26),
    "continuous_share": Spec(Linear, start=0.0, end=1.0, from_share=0.4, to_share=0.5),
}


def infogan(
    name: str, summary: str, data: Spec, latent: Spec, networks: tuple[Spec, Spec], budget: Budget
) -> Recipe:
    """Return InfoGAN with batch norm and the paper's learning rates: 2e-4 for D and Q, 1e-3 for G.

    ``networks`` are G and D. Their width is 64, at laptop size 32. At laptop size learning rates decay to 0 in the
    second half, so that Q's predictions are stable at the end.
    """
    laptop = budget == "laptop"
    width = 32 if laptop else 64
    return Recipe(
        name=name,
        summary=summary,
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
        schedule=ema_schedule(5000, batch=64, learning_rate=Spec(Linear, from_share=0.5))
        if laptop
        else with_scores(ema_schedule(25_000, batch=128), every=5000),
        papers=(INFOGAN,),
    )


@recipe
def infogan_mnist(budget: Budget = "reference") -> Recipe:
    """InfoGAN on MNIST with the paper's networks: 62 noise dimensions, one code of ten values, two continuous codes.

    The laptop budget differs from the paper in two ways. D and Q see slightly rotated, stretched, sheared and shifted
    digits. The information losses start late, so that G first learns to draw: after a fifth of the run for the
    category, after two fifths for the continuous codes. Without both, the category encodes slant and thickness within
    the first hundreds of steps and never changes again.
    """
    networks = (Spec(DenseConvGenerator), Spec(DenseConvDiscriminator))
    summary = "InfoGAN on MNIST digits"
    base = infogan("infogan-mnist", summary, Spec(mnist), Spec(NoiseAndCodes), networks, budget)
    if budget != "laptop":
        return base
    return dataclasses.replace(base, algorithm=base.algorithm.replace(**LATE_CODES))


@recipe
def infogan_plain_mnist(budget: Budget = "reference") -> Recipe:
    """InfoGAN without batch norm on 32x32 digits, as studied in GANs-Implementations.

    100 noise dimensions, normal continuous codes with a fixed standard deviation, R1 (gamma 20: lambda is 10 on a
    halved D loss), and a separate step for the information loss, which updates G, D and Q. At laptop size gamma is 1
    and applies to every fourth update, and the two additions of ``infogan-mnist`` apply.
    """
    laptop = budget == "laptop"
    base = infogan(
        "infogan-plain-mnist",
        "InfoGAN without batch norm on MNIST digits",
        Spec(mnist, size=32),
        Spec(NoiseAndCodes, noise=100, normal=True),
        SIMPLE_CNNS,
        budget,
    )
    optimizer = adam(5e-4 if laptop else 3e-4, (0.9, 0.999))
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
            **(LATE_CODES if laptop else {}),
        ),
        optimizers={"G": optimizer, "D": optimizer, "Q": optimizer},
        schedule=base.schedule if laptop else with_scores(Schedule(steps=10_000, batch=256), every=2000),
        papers=(INFOGAN, CONVERGENCE),
    )


@recipe
def infogan_shapes(budget: Budget = "reference") -> Recipe:
    """InfoGAN on drawn shapes with known factors: codes of six and of eight values, four continuous codes."""
    latent = Spec(NoiseAndCodes, categorical=(6, 8), continuous=4)
    summary = "InfoGAN on generated images of coloured shapes"
    return infogan("infogan-shapes", summary, Spec(shapes), latent, SIMPLE_CNNS, budget)
