"""Representations without labels: Exploring Simple Siamese Representation Learning, 2020, arXiv 2011.10566."""

from __future__ import annotations

import torch

from ganbench.algorithms import SimSiam
from ganbench.algorithms.views import Views
from ganbench.config.spec import Spec
from ganbench.data.torchvision_sets import cifar10
from ganbench.latents import EmptyLatent
from ganbench.networks import Predictor, ResNetEncoder
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.training.schedule import Cosine
from ganbench.training.settings import Schedule

SIMSIAM = Paper(
    "Exploring Simple Siamese Representation Learning", 2020, "2011.10566", ("Xinlei Chen", "Kaiming He")
)


def simsiam_encoder(budget: Budget) -> tuple[Spec, int]:
    """Return the encoder and the size of its representations.

    It is a ResNet-18; at laptop size it is a quarter as wide and half as deep.
    """
    if budget == "laptop":
        return Spec(ResNetEncoder, width=16, blocks=1, size=256), 256
    return Spec(ResNetEncoder, width=64, size=2048), 2048


@recipe
def simsiam_cifar10(budget: Budget = "reference") -> Recipe:
    """SimSiam on CIFAR-10: ResNet-18 and the paper's 800 epochs; at laptop size a quarter as wide and half as deep.

    The predictor's learning rate decays like the others; the paper keeps it constant.
    """
    laptop = budget == "laptop"
    encoder, size = simsiam_encoder(budget)
    optimizer = Spec(
        torch.optim.SGD, lr=0.06 if laptop else 0.03, momentum=0.9, weight_decay=5e-4, nesterov=False
    )
    return Recipe(
        name="simsiam-cifar10",
        summary="SimSiam: self-supervised representations of CIFAR-10 (no GAN)",
        data=Spec(cifar10),
        latent=Spec(EmptyLatent),
        networks={"f": encoder, "h": Spec(Predictor, size=size, width=size // 4)},
        algorithm=Spec(SimSiam, views=Spec(Views, hue=0.1)),
        optimizers={"f": optimizer, "h": optimizer},
        schedule=Schedule(
            steps=4000 if laptop else 78_125,  # the reference: 800 epochs of 50,000 images
            batch=128 if laptop else 512,
            learning_rate=Spec(Cosine),
            sample_every=0,
            checkpoint_every=500,
            evaluate_every=500 if laptop else 5000,
            evaluate_metrics=("own-knn",),
        ),
        papers=(SIMSIAM,),
    )
