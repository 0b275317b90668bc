"""The convolutional networks of Spectral Normalization for Generative Adversarial Networks, 2018, arXiv 1802.05957."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ganbench.algorithms import Adversarial, AuxiliaryClassifier
from ganbench.conditioning import ClassifierHead, ClassNorm, CrossEntropy, Projection
from ganbench.config.spec import Spec
from ganbench.data.archive import imagenette64
from ganbench.data.torchvision_sets import cifar10, fashion_mnist, mnist
from ganbench.latents import Gaussian
from ganbench.losses import Hinge
from ganbench.networks import SNDCGANDiscriminator, SNDCGANGenerator
from ganbench.recipes.acgan import ACGAN
from ganbench.recipes.base import ALL_BUDGETS, Budget, Recipe, recipe
from ganbench.recipes.classes import class_conditional
from ganbench.recipes.optimization import adam, warmup_schedule, with_scores
from ganbench.recipes.projection import PROJECTION
from ganbench.recipes.sngan import LECAM, SNGAN
from ganbench.training.settings import Schedule


def sndcgan_optimizers(budget: Budget, width: int = 16, scale: float = 1.0) -> Mapping[str, Spec]:
    """Return the optimizers of G and D.

    The reference budget has the paper's learning rates. The short budgets have higher ones: 5e-4 for G and 1e-3 for D,
    times ``scale``, and times 16 / width for networks wider than 16 channels. At width 32 without that factor, D
    separated almost nothing from step 400 on.
    """
    if budget == "reference":
        return {"G": adam(2e-4, (0.5, 0.999)), "D": adam(2e-4, (0.5, 0.999))}
    scale *= min(1.0, 16 / width)
    return {"G": adam(5e-4 * scale, (0.0, 0.99)), "D": adam(1e-3 * scale, (0.0, 0.99))}


def sndcgan(
    dataset_name: str,
    dataset_title: str,
    data: Spec,
    budget: Budget,
    *,
    laptop: tuple[int, int],
    hour: tuple[int, int],
    patch_size: int = 1,
) -> Recipe:
    """Return SNDCGAN with hinge loss on a data set.

    The reference budget has the paper's networks and the settings of pfnet-research/chainer-gan-lib for them: one D
    update per G update, learning rates of 2e-4, betas of .5 and .999. The other budgets have narrower networks, sum
    pooling in D, LeCam, and batches of 16: training reaches a given score after about as many steps as with batches of
    32, and those steps take longer.

    Args:
        dataset_name: Last part of the recipe's name.
        dataset_title: The data set's name in the summary.
        data: The data set.
        budget: The budget.
        laptop: Width and number of steps for 10 minutes of one core.
        hour: Width and number of steps for about an hour of two cores, estimated from a step's time on one core.
        patch_size: 2 makes the networks of the short budgets work on patches of 2x2 pixels, which halves the
            sides of their largest feature map.
    """
    width, steps = {"laptop": laptop, "hour": hour, "reference": (64, 100_000)}[budget]
    short = budget != "reference"
    size: dict[str, Any] = {"width": width}
    if short and patch_size > 1:
        size["patch_size"] = patch_size
    return Recipe(
        name=f"sndcgan-{dataset_name}",
        summary=f"SNDCGAN (hinge loss, spectral norm in D) on {dataset_title}",
        data=data,
        latent=Spec(Gaussian, size=128),
        networks={
            "G": Spec(SNDCGANGenerator, **size),
            "D": Spec(SNDCGANDiscriminator, **size, pool="sum" if short else "none"),
        },
        algorithm=Spec(
            Adversarial,
            loss=Spec(Hinge),
            one_pass=True,
            reuse_fakes=short,
            regularizers=(LECAM,) if short else (),
        ),
        optimizers=sndcgan_optimizers(budget, width),
        schedule=warmup_schedule(budget, steps, batch=16)
        if short
        else with_scores(Schedule(steps=steps, batch=64), every=5000),
        papers=(SNGAN,),
    )


def sndcgan_projection(base: Recipe, budget: Budget) -> Recipe:
    """Return ``base`` with classes: conditional batch norm in G, projection of D's sum-pooled features.

    In a short run the projection has a quarter of its weight, so that the unconditional score dominates.
    """
    weight = 1.0 if budget == "reference" else 0.25
    return class_conditional(
        base,
        base.name.replace("sndcgan-", "sndcgan-projection-"),
        f"{base.summary}, with classes (projection in D)",
        generator=Spec(ClassNorm),
        discriminator=Spec(Projection, weight=weight),
        papers=(SNGAN, PROJECTION),
        changes={"networks.D.pool": "sum"},
    )


def sndcgan_acgan(base: Recipe) -> Recipe:
    """Return ``base`` with classes: conditional batch norm in G, a classifier head in D trained on real images.

    The classification loss has a tenth of the adversarial loss's weight, so that the latter decides how images look.
    """
    return class_conditional(
        base,
        base.name.replace("sndcgan-", "sndcgan-acgan-"),
        f"{base.summary}, with classes (auxiliary classifier)",
        generator=Spec(ClassNorm),
        discriminator=Spec(ClassifierHead),
        algorithm=AuxiliaryClassifier,
        algorithm_arguments={"class_loss": Spec(CrossEntropy), "class_weight": 0.1, "fakes": False},
        papers=(ACGAN, SNGAN),
    )


@recipe(budgets=ALL_BUDGETS)
def sndcgan_cifar10(budget: Budget = "reference") -> Recipe:
    """SNDCGAN on CIFAR-10; at laptop size a quarter as wide."""
    return sndcgan("cifar10", "CIFAR-10", Spec(cifar10), budget, laptop=(16, 8500), hour=(32, 24_000))


@recipe(budgets=ALL_BUDGETS)
def sndcgan_projection_cifar10(budget: Budget = "reference") -> Recipe:
    """Class-conditional SNDCGAN on CIFAR-10: conditional batch norm in G, projection in D."""
    return sndcgan_projection(sndcgan_cifar10(budget), budget)


@recipe(budgets=ALL_BUDGETS)
def sndcgan_acgan_cifar10(budget: Budget = "reference") -> Recipe:
    """Class-conditional SNDCGAN on CIFAR-10: conditional batch norm in G, a classifier head in D."""
    return sndcgan_acgan(sndcgan_cifar10(budget))


@recipe(budgets=ALL_BUDGETS)
def sndcgan_mnist(budget: Budget = "reference") -> Recipe:
    """SNDCGAN on MNIST: two levels above a 7x7 map; at laptop size a quarter as wide."""
    return sndcgan("mnist", "MNIST digits", Spec(mnist), budget, laptop=(16, 11_500), hour=(32, 44_000))


@recipe(budgets=ALL_BUDGETS)
def sndcgan_projection_mnist(budget: Budget = "reference") -> Recipe:
    """Class-conditional SNDCGAN on MNIST."""
    return sndcgan_projection(sndcgan_mnist(budget), budget)


@recipe(budgets=ALL_BUDGETS)
def sndcgan_fashion_mnist(budget: Budget = "reference") -> Recipe:
    """SNDCGAN on Fashion-MNIST, with the sizes of ``sndcgan-mnist``."""
    data = Spec(fashion_mnist)
    return sndcgan("fashion-mnist", "Fashion-MNIST", data, budget, laptop=(16, 11_500), hour=(32, 44_000))


@recipe(budgets=ALL_BUDGETS)
def sndcgan_projection_fashion_mnist(budget: Budget = "reference") -> Recipe:
    """Class-conditional SNDCGAN on Fashion-MNIST."""
    return sndcgan_projection(sndcgan_fashion_mnist(budget), budget)


@recipe(budgets=ALL_BUDGETS)
def sndcgan_imagenette64(budget: Budget = "reference") -> Recipe:
    """SNDCGAN on Imagenette at 64 pixels, four levels; at laptop size on 2x2 patches and a quarter as wide."""
    title, data = "Imagenette at 64x64", Spec(imagenette64)
    return sndcgan("imagenette64", title, data, budget, laptop=(16, 8000), hour=(32, 24_000), patch_size=2)


@recipe(budgets=ALL_BUDGETS)
def sndcgan_projection_imagenette64(budget: Budget = "reference") -> Recipe:
    """Class-conditional SNDCGAN on Imagenette."""
    return sndcgan_projection(sndcgan_imagenette64(budget), budget)
