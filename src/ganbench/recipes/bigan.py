"""A GAN with an encoder on digits: Adversarial Feature Learning, 2016, arXiv 1605.09782."""

from __future__ import annotations

import torch

from ganbench.algorithms import BiGAN
from ganbench.config.spec import Spec
from ganbench.data.torchvision_sets import mnist
from ganbench.latents import Gaussian
from ganbench.losses import Minimax
from ganbench.networks import JointMLPDiscriminator, MLPEncoder, MLPGenerator
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.training.schedule import Linear
from ganbench.training.settings import Schedule

BIGAN = Paper(
    "Adversarial Feature Learning",
    2016,
    "1605.09782",
    ("Jeff Donahue", "Philipp Krähenbühl", "Trevor Darrell"),
)


@recipe
def bigan_mnist(budget: Budget = "reference") -> Recipe:
    """BiGAN on MNIST, fully connected: 50 numbers of N(0, 1), batch norm behind the second hidden layer only.

    The reference system's settings, with the weight decay of the paper, which that system speaks of and lacks.
    ``algorithm.loss=NonSaturating`` is the other objective.
    """
    laptop = budget == "laptop"
    optimizer = Spec(torch.optim.Adam, lr=2e-4, betas=(0.5, 0.999), weight_decay=2.5e-5)
    return Recipe(
        name="bigan-mnist",
        summary="a GAN that also learns the way back from MNIST digits to latents",
        data=Spec(mnist),
        latent=Spec(Gaussian, size=50),
        networks={
            "G": Spec(MLPGenerator, width=1024, depth=2, norm=("none", "batch"), affine=False, slope=0.0),
            "D": Spec(JointMLPDiscriminator, width=1024, depth=2),
            "E": Spec(MLPEncoder, width=1024, depth=2, norm=("none", "batch"), affine=False),
        },
        algorithm=Spec(BiGAN, loss=Spec(Minimax)),
        optimizers={"G": optimizer, "D": optimizer, "E": optimizer},
        schedule=Schedule(
            steps=4500 if laptop else 120_000,  # the reference: 256 passes over 60,000 digits
            batch=128,
            learning_rate=Spec(Linear),
            sample_every=1000,
            checkpoint_every=1000,
        ),
        papers=(BIGAN,),
    )
