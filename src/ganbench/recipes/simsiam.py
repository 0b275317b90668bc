"""Representations without labels: Exploring Simple Siamese Representation Learning, 2020, arXiv 2011.10566."""

from __future__ import annotations

import torch

from ganbench.algorithms import SimSiam
from ganbench.algorithms.views import Views
from ganbench.config.spec import Spec
from ganbench.data.shapes import shapes
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


def simsiam(
    name: str, dataset_title: str, data: Spec, views: Spec, budget: Budget, *, laptop_steps: int
) -> Recipe:
    """Return SimSiam on a data set: ResNet-18 and the paper's 800 epochs of 50,000 images.

    At laptop size the encoder is a quarter as wide and half as deep. The predictor's learning rate decays like the
    others; the paper keeps it constant.
    """
    laptop = budget == "laptop"
    encoder, size = simsiam_encoder(budget)
    optimizer = Spec(
        torch.optim.SGD, lr=0.06 if laptop else 0.03, momentum=0.9, weight_decay=5e-4, nesterov=False
    )
    return Recipe(
        name=name,
        summary=f"SimSiam: self-supervised representations of {dataset_title} (no GAN)",
        data=data,
        latent=Spec(EmptyLatent),
        networks={"f": encoder, "h": Spec(Predictor, size=size, width=size // 4)},
        algorithm=Spec(SimSiam, views=views),
        optimizers={"f": optimizer, "h": optimizer},
        schedule=Schedule(
            steps=laptop_steps if laptop else 78_125,
            batch=128 if laptop else 512,
            learning_rate=Spec(Cosine),
            sample_every=0,
            checkpoint_every=500,
            evaluate_every=500 if laptop else 5000,
            evaluate_metrics=("own-knn",),
        ),
        papers=(SIMSIAM,),
    )


@recipe
def simsiam_cifar10(budget: Budget = "reference") -> Recipe:
    """SimSiam on CIFAR-10 with the paper's views."""
    return simsiam(
        "simsiam-cifar10", "CIFAR-10", Spec(cifar10), Spec(Views, hue=0.1), budget, laptop_steps=4000
    )


@recipe
def simsiam_shapes(budget: Budget = "reference") -> Recipe:
    """SimSiam on ``shapes``, as the encoder of ``simsiam-gan-shapes``.

    The views are milder than the paper's, whose crops, grey images and hues would teach the encoder to ignore places
    and colours, which are factors of these images.
    """
    views = Spec(Views, smallest=0.6, jitter=0.1, grey=0.0)
    title = "generated images of coloured shapes"
    return simsiam("simsiam-shapes", title, Spec(shapes), views, budget, laptop_steps=700)
