"""Convolutional GANs: Unsupervised Representation Learning with Deep Convolutional GANs, 2015, arXiv 1511.06434."""

from __future__ import annotations

from ganbench.config.spec import Spec
from ganbench.data.shapes import shapes
from ganbench.data.torchvision_sets import mnist
from ganbench.losses import NonSaturating
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.gan import CONVERGENCE
from ganbench.recipes.optimization import adam, ema_schedule, with_scores
from ganbench.recipes.simple_cnn import cifar10_gan, simple_cnn_gan
from ganbench.regularizers import R1
from ganbench.training.schedule import Linear

DCGAN = Paper(
    "Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks",
    2015,
    "1511.06434",
    ("Alec Radford", "Luke Metz", "Soumith Chintala"),
)


def _dcgan_cifar10(
    name: str, summary: str, budget: Budget, papers: tuple[Paper, ...], regularizers: tuple[Spec, ...] = ()
) -> Recipe:
    optimizer = adam(5e-4 if budget == "laptop" else 8e-4, (0.5, 0.999))
    return cifar10_gan(
        name,
        summary,
        budget,
        loss=Spec(NonSaturating),
        optimizers=(optimizer, optimizer),
        papers=papers,
        regularizers=regularizers,
    )


def _small_dcgan(name: str, summary: str, data: Spec, budget: Budget) -> Recipe:
    """Return a narrower DCGAN for simple images: one D update, an EMA of G, learning rates that decay from halfway."""
    laptop = budget == "laptop"
    optimizer, decay = adam(2e-4, (0.5, 0.999)), Spec(Linear, from_share=0.5)
    return simple_cnn_gan(
        name,
        summary,
        data,
        ema_schedule(4000, 64, learning_rate=decay)
        if laptop
        else with_scores(ema_schedule(20_000, 128, learning_rate=decay), every=2000),
        width=32 if laptop else 64,
        loss=Spec(NonSaturating),
        optimizers=(optimizer, optimizer),
        papers=(DCGAN,),
    )


@recipe
def dcgan_cifar10(budget: Budget = "reference") -> Recipe:
    """DCGAN on CIFAR-10; at laptop size with one D update and an EMA of G."""
    return _dcgan_cifar10("dcgan", "DCGAN", budget, (DCGAN,))


@recipe
def dcgan_r1_cifar10(budget: Budget = "reference") -> Recipe:
    """DCGAN with R1 on CIFAR-10. The lambda of 10 in GANs-Implementations applies to a halved D loss, so gamma is 20.

    At laptop size gamma is .1. With gamma 20 (at width 64), D still separated nothing after 1,000 steps (loss 1.36;
    2 ln 2 = 1.39) and images were grey; gamma 1 was worse than no penalty. The penalty costs more than the rest of
    the update, so there it applies to every fourth update only.
    """
    summary = "DCGAN with the R1 penalty"
    penalty = Spec(R1, gamma=0.1, every=4) if budget == "laptop" else Spec(R1, gamma=20.0)
    return _dcgan_cifar10("dcgan-r1", summary, budget, (DCGAN, CONVERGENCE), (penalty,))


@recipe
def dcgan_mnist(budget: Budget = "reference") -> Recipe:
    """A small DCGAN on MNIST."""
    return _small_dcgan("dcgan-mnist", "DCGAN on MNIST digits", Spec(mnist), budget)


@recipe
def dcgan_shapes(budget: Budget = "reference") -> Recipe:
    """A small DCGAN on procedurally drawn coloured shapes, which need no download."""
    summary = "DCGAN on generated images of coloured shapes (no download)"
    return _small_dcgan("dcgan-shapes", summary, Spec(shapes), budget)
