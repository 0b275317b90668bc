"""A stable auxiliary classifier GAN: Rebooting ACGAN, 2021, arXiv 2111.01118."""

from __future__ import annotations

from ganbench.algorithms import AuxiliaryClassifier
from ganbench.conditioning import ClassNorm, DataToData, ProxyHead
from ganbench.config.spec import Spec
from ganbench.recipes.acgan import ACGAN
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.classes import class_conditional
from ganbench.recipes.sagan import sagan_uncond_cifar10

REACGAN = Paper(
    "Rebooting ACGAN: Auxiliary Classifier GANs with Stable Training",
    2021,
    "2111.01118",
    ("Minguk Kang", "Woohyeon Shim", "Minsu Cho", "Jaesik Park"),
)


@recipe
def reacgan_cifar10(budget: Budget = "reference") -> Recipe:
    """ReACGAN on CIFAR-10: SAGAN's networks; D classifies by cosine similarity to class proxies, not by logits.

    Loss weight, temperature and margin are the authors' for CIFAR-10; D learns classes from real images only. The
    reference budget also has the authors' learning rates, batch, five D updates and EMA of G (a decay of .9999 per
    step).
    """
    laptop = budget == "laptop"
    lr = 2.8e-4
    published = {
        "optimizers.G.lr": lr,
        "optimizers.D.lr": lr,
        "optimizers.G.betas": (0.5, 0.999),
        "optimizers.D.betas": (0.5, 0.999),
        "algorithm.critic_steps": 5,
        "schedule.batch": 128,
        "schedule.ema_half_life": 887_000.0,
    }
    return class_conditional(
        sagan_uncond_cifar10(budget),
        "reacgan-cifar10",
        "class-conditional ReACGAN (data-to-data cross-entropy in D) on CIFAR-10",
        generator=Spec(ClassNorm),
        discriminator=Spec(ProxyHead, size=128 if laptop else 512),
        algorithm=AuxiliaryClassifier,
        algorithm_arguments={"class_loss": Spec(DataToData), "class_weight": 0.5, "fakes": False},
        papers=(REACGAN, ACGAN),
        changes={} if laptop else published,
    )
