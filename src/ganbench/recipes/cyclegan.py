"""Unpaired image-to-image translation: Cycle-Consistent Adversarial Networks, 2017, arXiv 1703.10593."""

from __future__ import annotations

from ganbench.algorithms import CycleGAN
from ganbench.config.spec import Spec
from ganbench.data.pairs import pairs
from ganbench.latents import EmptyLatent
from ganbench.losses import LeastSquares
from ganbench.networks import ImageToImageGenerator, PatchDiscriminator
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.optimization import adam
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
    """CycleGAN between MNIST and reddish digits, with the small networks of henrhoi/gan-pytorch and averaged scores.

    That work's cycle weight of 10 goes with squared errors that are not halved, so the weight is 5 here. Weights start
    from N(0, .02²) as in the paper, where that work has PyTorch's default; D's instance norm has gains and biases.
    ``data.b=coloured-mnist`` has eight kinds of background, which these networks cannot remove in so few steps.
    The paper's settings, for larger images: ``algorithm.history=50``, default networks, and batches of 1.
    """
    laptop = budget == "laptop"
    optimizer = adam(2e-4, (0.5, 0.999))
    generator = Spec(ImageToImageGenerator, width=16, blocks=3, norm="batch")
    critic = Spec(PatchDiscriminator, width=32 if laptop else 64, average=True)
    return Recipe(
        name="cyclegan-mnist",
        summary="CycleGAN: unpaired translation between grey and coloured MNIST digits",
        data=Spec(pairs, a="mnist", b="reddish-mnist"),
        latent=Spec(EmptyLatent),
        networks={"G": generator, "F": generator, "DA": critic, "DB": critic},
        algorithm=Spec(CycleGAN, loss=Spec(LeastSquares), cycle_weight=5.0),
        optimizers={"G": optimizer, "F": optimizer, "DA": optimizer, "DB": optimizer},
        schedule=Schedule(
            steps=3000 if laptop else 2345,  # the reference: 5 epochs of 60,000 images
            batch=32 if laptop else 128,
            learning_rate=Spec(Linear),
            sample_every=500,
            checkpoint_every=500,
        ),
        papers=(CYCLEGAN,),
    )
