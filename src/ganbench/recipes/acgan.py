"""Auxiliary classifier GANs: Conditional Image Synthesis With Auxiliary Classifier GANs, 2016, arXiv 1610.09585."""

from __future__ import annotations

from ganbench.algorithms import AuxiliaryClassifier
from ganbench.conditioning import ClassifierHead, ClassNorm, CrossEntropy
from ganbench.config.spec import Spec
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.classes import class_conditional
from ganbench.recipes.dcgan import DCGAN, dcgan_cifar10

ACGAN = Paper(
    "Conditional Image Synthesis With Auxiliary Classifier GANs",
    2016,
    "1610.09585",
    ("Augustus Odena", "Christopher Olah", "Jonathon Shlens"),
)


@recipe
def acgan_cifar10(budget: Budget = "reference") -> Recipe:
    """AC-GAN on CIFAR-10: DCGAN with conditional batch norm in G and a classifier head in D.

    As in GANs-Implementations, D learns its classes from real images only. In the paper it learns to classify fakes
    too (``algorithm.fakes=true``); then G and D agree on a colour for each class, which need not look like the class.
    Fakes have the labels of a real batch; in GANs-Implementations G's update draws them uniformly. D's class loss has
    a weight of 2 at reference size, since that work halves D's adversarial loss.
    """
    arguments = {"class_loss": Spec(CrossEntropy), "class_weight": 1.0, "fakes": False}
    return class_conditional(
        dcgan_cifar10(budget),
        "acgan-cifar10",
        "convolutional AC-GAN on CIFAR-10",
        generator=Spec(ClassNorm),
        discriminator=Spec(ClassifierHead),
        algorithm=AuxiliaryClassifier,
        labels="real",
        algorithm_arguments=arguments
        if budget == "laptop"
        else {**arguments, "discriminator_class_weight": 2.0},
        papers=(ACGAN, DCGAN),
    )
