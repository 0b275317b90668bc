"""A GAN with an encoder on digits: Adversarial Feature Learning, 2016, arXiv 1605.09782."""

from __future__ import annotations

from ganbench.algorithms import BiGAN
from ganbench.config.spec import Spec
from ganbench.data.torchvision_sets import mnist
from ganbench.latents import Gaussian
from ganbench.losses import Minimax
from ganbench.networks import JointMLPDiscriminator, MLPEncoder, MLPGenerator
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.optimization import adam, with_scores
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
    """BiGAN of MLPs on MNIST: a latent of 50 numbers from N(0, 1), batch norm after the second hidden layer only.

    The settings of henrhoi/gan-pytorch, with the paper's weight decay, which that work mentions but does not apply.
    Learning rates fall after every step, where that work's fall after every epoch, and digits come in random order.
    ``algorithm.loss=NonSaturating`` selects the other objective.
    """
    laptop = budget == "laptop"
    optimizer = adam(2e-4, (0.5, 0.999), weight_decay=2.5e-5)
    schedule = Schedule(
        steps=4500 if laptop else 120_000,  # the reference: 256 epochs of 60,000 digits
        batch=128,
        learning_rate=Spec(Linear),
        sample_every=1000,
        checkpoint_every=1000,
    )
    return Recipe(
        name="bigan-mnist",
        summary="BiGAN (a GAN with an encoder) on MNIST digits",
        data=Spec(mnist),
        latent=Spec(Gaussian, size=50),
        networks={
            "G": Spec(MLPGenerator, width=1024, depth=2, norm=("none", "batch"), affine=False, slope=0.0),
            "D": Spec(JointMLPDiscriminator, width=1024, depth=2),
            "E": Spec(MLPEncoder, width=1024, depth=2, norm=("none", "batch"), affine=False),
        },
        algorithm=Spec(BiGAN, loss=Spec(Minimax)),
        optimizers={"G": optimizer, "D": optimizer, "E": optimizer},
        schedule=schedule if laptop else with_scores(schedule, every=10_000),
        papers=(BIGAN,),
    )
