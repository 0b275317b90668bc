"""Conditional GANs: Conditional Generative Adversarial Nets, 2014, arXiv 1411.1784."""

from __future__ import annotations

from ganbench.conditioning import ClassNorm, LabelPlanes, OneHot
from ganbench.config.spec import Spec
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.classes import class_conditional
from ganbench.recipes.dcgan import DCGAN, dcgan_cifar10

CGAN = Paper("Conditional Generative Adversarial Nets", 2014, "1411.1784", ("Mehdi Mirza", "Simon Osindero"))
STYLE = Paper(
    "A Learned Representation for Artistic Style",
    2016,
    "1610.07629",
    ("Vincent Dumoulin", "Jonathon Shlens", "Manjunath Kudlur"),
)


def _cgan_cifar10(
    name: str, summary: str, generator: Spec, budget: Budget, papers: tuple[Paper, ...]
) -> Recipe:
    """Return DCGAN with classes; D sees one extra channel per class.

    At reference size the learning rate is the one of an older version of GANs-Implementations, whose results were
    better than with its current 8e-4. Fakes have the labels of a real batch, so that D's batch norm sees the same
    classes in both.
    """
    return class_conditional(
        dcgan_cifar10(budget),
        name,
        summary,
        generator=generator,
        discriminator=Spec(LabelPlanes),
        labels="real",
        papers=papers,
        changes={} if budget == "laptop" else {"optimizers.G.lr": 2e-4, "optimizers.D.lr": 2e-4},
    )


@recipe
def cgan_cifar10(budget: Budget = "reference") -> Recipe:
    """Conditional DCGAN on CIFAR-10: one-hot classes concatenated to G's latent and, as channels, to D's image."""
    summary = "conditional DCGAN with one-hot classes on CIFAR-10"
    return _cgan_cifar10("cgan-cifar10", summary, Spec(OneHot), budget, (CGAN, DCGAN))


@recipe
def cgan_cbn_cifar10(budget: Budget = "reference") -> Recipe:
    """Conditional DCGAN on CIFAR-10 with conditional batch norm in G."""
    summary = "conditional DCGAN with conditional batch norm in G on CIFAR-10"
    return _cgan_cifar10("cgan-cbn-cifar10", summary, Spec(ClassNorm), budget, (CGAN, STYLE, DCGAN))
