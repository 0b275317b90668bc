"""Conditional GANs: Conditional Generative Adversarial Nets, 2014, arXiv 1411.1784."""

from __future__ import annotations

from ganbench.conditioning import ClassNorm, LabelPlanes, OneHot
from ganbench.config.spec import Spec
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.classes import with_classes
from ganbench.recipes.dcgan import DCGAN, dcgan_cifar10

CGAN = Paper("Conditional Generative Adversarial Nets", 2014, "1411.1784", ("Mehdi Mirza", "Simon Osindero"))
STYLE = Paper(
    "A Learned Representation for Artistic Style",
    2016,
    "1610.07629",
    ("Vincent Dumoulin", "Jonathon Shlens", "Manjunath Kudlur"),
)


def _cifar10(name: str, words: str, generator: Spec, budget: Budget, papers: tuple[Paper, ...]) -> Recipe:
    """Return the plain convolutional GAN with classes; D sees a plane for each beside the picture.

    The rate is the reference system's first one, whose results were better than those of its second, 8e-4. Fakes have
    the classes of a real batch: D's batch norm then sees the same classes in both.
    """
    return with_classes(
        dcgan_cifar10(budget),
        name,
        f"a convolutional GAN told the class {words} on CIFAR-10",
        generator=generator,
        discriminator=Spec(LabelPlanes),
        labels="real",
        papers=papers,
        changes={"optimizers.G.lr": 2e-4, "optimizers.D.lr": 2e-4},
    )


@recipe
def cgan_cifar10(budget: Budget = "reference") -> Recipe:
    """The conditional GAN on CIFAR-10: the class is one-hot beside G's latent and in planes beside D's picture."""
    return _cifar10("cgan-cifar10", "beside the latent", Spec(OneHot), budget, (CGAN, DCGAN))


@recipe
def cgan_cbn_cifar10(budget: Budget = "reference") -> Recipe:
    """The same with conditional batch norm in G in place of the one-hot class."""
    return _cifar10("cgan-cbn-cifar10", "by its batch norm", Spec(ClassNorm), budget, (CGAN, STYLE, DCGAN))
