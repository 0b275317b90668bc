"""The auxiliary classifier made stable: Rebooting ACGAN, 2021, arXiv 2111.01118."""

from __future__ import annotations

from ganbench.algorithms import AuxiliaryClassifier
from ganbench.conditioning import ClassNorm, DataToData, ProxyHead
from ganbench.config.spec import Spec
from ganbench.recipes.acgan import ACGAN
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.classes import with_classes
from ganbench.recipes.sagan import sagan_uncond_cifar10

REACGAN = Paper(
    "Rebooting ACGAN: Auxiliary Classifier GANs with Stable Training",
    2021,
    "2111.01118",
    ("Minguk Kang", "Woohyeon Shim", "Minsu Cho", "Jaesik Park"),
)


@recipe
def reacgan_cifar10(budget: Budget = "reference") -> Recipe:
    """ReACGAN on CIFAR-10: the self-attention networks, and cosines to class vectors in place of logits.

    Weight, temperature and margin are the authors' for CIFAR-10; D learns classes from real pictures only. At the
    reference budget so are the rates, the batch, five D updates and the average of G (decay .9999 a step).
    """
    laptop = budget == "laptop"
    rate = 2.8e-4
    theirs = {
        "optimizers.G.lr": rate,
        "optimizers.D.lr": rate,
        "optimizers.G.betas": (0.5, 0.999),
        "optimizers.D.betas": (0.5, 0.999),
        "algorithm.critic_steps": 5,
        "schedule.batch": 128,
        "schedule.ema_half_life": 887_000.0,
    }
    return with_classes(
        sagan_uncond_cifar10(budget),
        "reacgan-cifar10",
        "a GAN whose D compares pictures with their class and with one another on CIFAR-10",
        generator=Spec(ClassNorm),
        discriminator=Spec(ProxyHead, size=128 if laptop else 512),
        algorithm=AuxiliaryClassifier,
        terms={"class_loss": Spec(DataToData), "class_weight": 0.5, "fakes": False},
        papers=(REACGAN, ACGAN),
        changes={} if laptop else theirs,
    )
