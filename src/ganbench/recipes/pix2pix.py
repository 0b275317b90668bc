"""Image-to-image translation from pairs: Conditional Adversarial Networks, 2016, arXiv 1611.07004."""

from __future__ import annotations

from ganbench.algorithms import Pix2Pix
from ganbench.config.spec import Spec
from ganbench.data.aligned_pairs import aligned_pairs
from ganbench.latents import EmptyLatent
from ganbench.losses import NonSaturating
from ganbench.networks import PatchDiscriminator, UNetGenerator
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.optimization import adam
from ganbench.training.schedule import Linear
from ganbench.training.settings import Schedule

PIX2PIX = Paper(
    "Image-to-Image Translation with Conditional Adversarial Networks",
    2016,
    "1611.07004",
    ("Phillip Isola", "Jun-Yan Zhu", "Tinghui Zhou", "Alexei A. Efros"),
)


@recipe
def pix2pix_shapes(budget: Budget = "reference") -> Recipe:
    """Pix2pix from the outlines of shapes to the shapes; the background's tint is not in the outlines.

    The reference has the paper's networks, weight of L1 and optimizers, a batch of 16 instead of 1, and ten epochs. The
    laptop budget, a few minutes of one core, has narrow networks, a higher learning rate of G, and no dropout: batch
    norm measures larger variances with it than it meets in evaluation.
    ``data.pairs=folder:DIR`` trains on pairs of your own.
    """
    laptop = budget == "laptop"
    width, betas = 16 if laptop else 64, (0.5, 0.999)
    return Recipe(
        name="pix2pix-shapes",
        summary="pix2pix: shapes from their outlines, learned from pairs",
        data=Spec(aligned_pairs, pairs="shapes"),
        latent=Spec(EmptyLatent),
        networks={
            "G": Spec(UNetGenerator, width=width, dropout=0.0 if laptop else 0.5),
            "D": Spec(PatchDiscriminator, width=width, norm="batch"),
        },
        algorithm=Spec(Pix2Pix, loss=Spec(NonSaturating), l1_weight=100.0),
        optimizers={"G": adam(1e-3 if laptop else 2e-4, betas), "D": adam(2e-4, betas)},
        schedule=Schedule(
            steps=3000 if laptop else 12_500,
            batch=16,
            learning_rate=Spec(Linear, from_share=0.5),
            sample_every=500,
            checkpoint_every=500,
        ),
        papers=(PIX2PIX,),
    )
