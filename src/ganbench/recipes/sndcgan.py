"""The convolutional networks of Spectral Normalization for GANs, 2018, arXiv 1802.05957, as its paper has them."""

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
from ganbench.recipes.base import EVERY_BUDGET, Budget, Recipe, recipe
from ganbench.recipes.classes import with_classes
from ganbench.recipes.mlp import adam
from ganbench.recipes.projection import PROJECTION
from ganbench.recipes.sngan import SNGAN
from ganbench.regularizers import LeCam
from ganbench.training.schedule import Linear
from ganbench.training.settings import Schedule

#: Without it D often wins in the first steps, and both networks are then long astray. At this weight scores are held
#: back before they reach the hinge's margin, beyond which D would have no gradient any more.
LECAM = Spec(LeCam, weight=0.3)


def sndcgan_rates(budget: Budget, width: int = 16, share: float = 1.0) -> Mapping[str, Spec]:
    """Return the optimizers of G and D: the paper's, or for few steps ``share`` of faster ones, D's twice G's.

    The fast ones are lower for networks wider than 16 channels: at 32, D told nearly nothing from step 400 on.
    """
    if budget == "reference":
        return {"G": adam(2e-4, (0.5, 0.999)), "D": adam(2e-4, (0.5, 0.999))}
    share *= min(1.0, 16 / width)
    return {"G": adam(5e-4 * share, (0.0, 0.99)), "D": adam(1e-3 * share, (0.0, 0.99))}


def short_schedule(budget: Budget, steps: int, batch: int) -> Schedule:
    """Return the schedule of a laptop or an hour: rates that rise slowly and fall to a fifth, and an average of G."""
    often = 1000 if budget == "laptop" else 2000
    return Schedule(
        steps=steps,
        batch=batch,
        warmup=300,  # at full rates at once D wins, its gradients vanish, and Adam then takes the next ones too large
        learning_rate=Spec(Linear, end=0.2),  # at 0 the last quarter of the time brings nothing
        ema_half_life=batch * (300 if budget == "laptop" else 600),
        sample_every=often,
        checkpoint_every=often,
    )


def sndcgan(
    name: str,
    words: str,
    data: Spec,
    budget: Budget,
    *,
    laptop: tuple[int, int],
    hour: tuple[int, int],
    folded: bool = False,
) -> Recipe:
    """Return the pair on a data set, hinge loss: the paper's, with five D updates, or narrower ones with one.

    ``laptop`` and ``hour`` are width and steps there: 10 minutes of one core, and about an hour of two, by what a step
    costs one core. In these, D's score is read from sums over the map and held back, and a step has 16 pictures: a
    score is reached after about as many steps as with 32, which take longer. If ``folded``, both networks work on
    blocks of 2x2 pixels there, so that their largest map is half as large.
    """
    width, steps = {"laptop": laptop, "hour": hour, "reference": (64, 100_000)}[budget]
    short = budget != "reference"
    sizes: dict[str, Any] = {"width": width, "folded": True} if short and folded else {"width": width}
    return Recipe(
        name=f"sndcgan-{name}",
        summary=f"the convolutional GAN of SN-GAN's paper on {words}",
        data=data,
        latent=Spec(Gaussian, size=128),
        networks={
            "G": Spec(SNDCGANGenerator, **sizes),
            "D": Spec(SNDCGANDiscriminator, **sizes, pool="sum" if short else "none"),
        },
        algorithm=Spec(
            Adversarial,
            loss=Spec(Hinge),
            critic_steps=1 if short else 5,
            one_pass=True,
            reuse_fakes=short,
            regularizers=(LECAM,) if short else (),
        ),
        optimizers=sndcgan_rates(budget, width),
        schedule=short_schedule(budget, steps, batch=16) if short else Schedule(steps=steps, batch=64),
        papers=(SNGAN,),
    )


def with_projection(base: Recipe, budget: Budget) -> Recipe:
    """Return the same with classes: batch norm by class in G, projection of D's features, summed over the map, in D.

    In a short run the projection has less weight than the score that knows no class.
    """
    weight = 1.0 if budget == "reference" else 0.25
    return with_classes(
        base,
        base.name.replace("sndcgan-", "sndcgan-projection-"),
        f"{base.summary} with classes, by projection",
        generator=Spec(ClassNorm),
        discriminator=Spec(Projection, weight=weight),
        papers=(SNGAN, PROJECTION),
        changes={"networks.D.pool": "sum"},
    )


def with_classifier(base: Recipe) -> Recipe:
    """Return the same with classes: batch norm by class in G, a classifier of real pictures beside D's score.

    Its term has a tenth of the adversarial one's weight, so that how pictures look is decided by the latter.
    """
    return with_classes(
        base,
        base.name.replace("sndcgan-", "sndcgan-acgan-"),
        f"{base.summary} with classes, by a classifier",
        generator=Spec(ClassNorm),
        discriminator=Spec(ClassifierHead),
        algorithm=AuxiliaryClassifier,
        terms={"class_loss": Spec(CrossEntropy), "class_weight": 0.1, "fakes": False},
        papers=(ACGAN, SNGAN),
    )


@recipe(budgets=EVERY_BUDGET)
def sndcgan_cifar10(budget: Budget = "reference") -> Recipe:
    """SN-GAN's convolutional pair on CIFAR-10; at laptop size a quarter as wide."""
    return sndcgan("cifar10", "CIFAR-10", Spec(cifar10), budget, laptop=(16, 8500), hour=(32, 24_000))


@recipe(budgets=EVERY_BUDGET)
def sndcgan_projection_cifar10(budget: Budget = "reference") -> Recipe:
    """The same with classes: batch norm by class in G, projection in D."""
    return with_projection(sndcgan_cifar10(budget), budget)


@recipe(budgets=EVERY_BUDGET)
def sndcgan_acgan_cifar10(budget: Budget = "reference") -> Recipe:
    """The same with classes: batch norm by class in G, a classifier beside D's score."""
    return with_classifier(sndcgan_cifar10(budget))


@recipe(budgets=EVERY_BUDGET)
def sndcgan_mnist(budget: Budget = "reference") -> Recipe:
    """The pair on MNIST: two levels from a 7x7 map; at laptop size a quarter as wide."""
    return sndcgan("mnist", "MNIST digits", Spec(mnist), budget, laptop=(16, 11_500), hour=(32, 44_000))


@recipe(budgets=EVERY_BUDGET)
def sndcgan_projection_mnist(budget: Budget = "reference") -> Recipe:
    """The pair on MNIST with classes."""
    return with_projection(sndcgan_mnist(budget), budget)


@recipe(budgets=EVERY_BUDGET)
def sndcgan_fashion_mnist(budget: Budget = "reference") -> Recipe:
    """The pair on Fashion-MNIST, the size of MNIST's."""
    data = Spec(fashion_mnist)
    return sndcgan("fashion-mnist", "Fashion-MNIST", data, budget, laptop=(16, 11_500), hour=(32, 44_000))


@recipe(budgets=EVERY_BUDGET)
def sndcgan_projection_fashion_mnist(budget: Budget = "reference") -> Recipe:
    """The pair on Fashion-MNIST with classes."""
    return with_projection(sndcgan_fashion_mnist(budget), budget)


@recipe(budgets=EVERY_BUDGET)
def sndcgan_imagenette64(budget: Budget = "reference") -> Recipe:
    """The pair on Imagenette at 64 pixels, four levels; at laptop size folded, and a quarter as wide."""
    words, data = "Imagenette at 64 pixels", Spec(imagenette64)
    return sndcgan("imagenette64", words, data, budget, laptop=(16, 8000), hour=(32, 24_000), folded=True)


@recipe(budgets=EVERY_BUDGET)
def sndcgan_projection_imagenette64(budget: Budget = "reference") -> Recipe:
    """The pair on Imagenette with classes."""
    return with_projection(sndcgan_imagenette64(budget), budget)
