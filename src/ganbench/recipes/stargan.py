"""Translation between many domains by one generator: StarGAN, 2017, arXiv 1711.09020."""

from __future__ import annotations

from ganbench.algorithms import StarGAN
from ganbench.conditioning import ClassifierHead
from ganbench.config.spec import Spec
from ganbench.data.shapes_by_colour import shapes_by_colour
from ganbench.latents import EmptyLatent
from ganbench.losses import Wasserstein
from ganbench.networks import DomainGenerator, SimpleCNNDiscriminator
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.optimization import adam
from ganbench.regularizers import GradientPenalty
from ganbench.training.schedule import Linear
from ganbench.training.settings import Schedule

STARGAN = Paper(
    "StarGAN: Unified Generative Adversarial Networks for Multi-Domain Image-to-Image Translation",
    2017,
    "1711.09020",
    ("Yunjey Choi", "Minje Choi", "Munyoung Kim", "Jung-Woo Ha", "Sunghun Kim", "Jaegul Choo"),
)


@recipe
def stargan_shapes(budget: Budget = "reference") -> Recipe:
    """StarGAN between the eight colours of shapes: figure, place and background shall stay.

    The reference has the paper's weights, learning rates, batch and five updates of D for one of G. D is a plain
    convolutional network with a score and a class for the whole image, where the paper's scores patches.
    """
    laptop = budget == "laptop"
    betas = (0.5, 0.999)
    return Recipe(
        name="stargan-shapes",
        summary="StarGAN: one generator translates shapes between eight colours",
        data=Spec(shapes_by_colour),
        latent=Spec(EmptyLatent),
        networks={
            "G": Spec(DomainGenerator, width=16 if laptop else 64, blocks=2 if laptop else 6),
            "D": Spec(
                SimpleCNNDiscriminator,
                width=32 if laptop else 64,
                norm="none",
                conditioning=Spec(ClassifierHead),
            ),
        },
        algorithm=Spec(StarGAN, loss=Spec(Wasserstein), regularizers=(Spec(GradientPenalty),)),
        optimizers={"G": adam(1e-3 if laptop else 1e-4, betas), "D": adam(5e-4 if laptop else 1e-4, betas)},
        schedule=Schedule(
            steps=2000 if laptop else 200_000,
            batch=16,
            learning_rate=Spec(Linear, from_share=0.5),
            sample_every=500 if laptop else 5000,
            checkpoint_every=500 if laptop else 5000,
        ),
        papers=(STARGAN,),
    )
