"""Translation without pairs: Cycle-Consistent Adversarial Networks, 2017, arXiv 1703.10593."""

from __future__ import annotations

import torch

from ganbench.algorithms import CycleGAN
from ganbench.config.spec import Spec
from ganbench.data.pairs import pairs
from ganbench.latents import FromItems
from ganbench.losses import LeastSquares
from ganbench.networks import ImageToImageGenerator, PatchDiscriminator
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.training.schedule import Linear
from ganbench.training.settings import Schedule

CYCLEGAN = Paper(
    "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks",
    2017,
    "1703.10593",
    ("Jun-Yan Zhu", "Taesung Park", "Phillip Isola", "Alexei A. Efros"),
)


@recipe
def cyclegan_mnist(budget: Budget = "reference") -> Recipe:
    """CycleGAN between MNIST and reddish digits, with the reference system's small networks and scores averaged.

    ``data.b=coloured-mnist`` has backgrounds of eight kinds, which these networks do not undo in so few steps.
    Its cycle weight of 10 stands beside squares that are not halved, and so is 5 here. The paper's settings, for
    larger pictures: ``algorithm.history=50``, networks as they are by default, and batches of 1.
    """
    laptop = budget == "laptop"
    optimizer = Spec(torch.optim.Adam, lr=2e-4, betas=(0.5, 0.999))
    generator = Spec(ImageToImageGenerator, width=16, blocks=3, norm="batch")
    critic = Spec(PatchDiscriminator, width=32 if laptop else 64, average=True)
    return Recipe(
        name="cyclegan-mnist",
        summary="translation between MNIST digits and coloured ones, without pairs",
        data=Spec(pairs, a="mnist", b="reddish-mnist"),
        latent=Spec(FromItems),
        networks={"G": generator, "F": generator, "DA": critic, "DB": critic},
        algorithm=Spec(CycleGAN, loss=Spec(LeastSquares), cycle_weight=5.0),
        optimizers={"G": optimizer, "F": optimizer, "DA": optimizer, "DB": optimizer},
        schedule=Schedule(
            steps=3000 if laptop else 2345,  # the reference: 5 passes over 60,000 pictures
            batch=32 if laptop else 128,
            learning_rate=Spec(Linear),
            sample_every=500,
            checkpoint_every=500,
        ),
        papers=(CYCLEGAN,),
    )
