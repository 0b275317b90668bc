"""Contrastive Learning for Unpaired Image-to-Image Translation, 2020, arXiv 2007.15651: one way, without cycles."""

from __future__ import annotations

from ganbench.algorithms import CUT
from ganbench.config.spec import Spec
from ganbench.data.pairs import pairs
from ganbench.latents import EmptyLatent
from ganbench.losses import LeastSquares
from ganbench.networks import ContrastiveGenerator, PatchDiscriminator, PatchProjector
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.optimization import adam
from ganbench.training.schedule import Linear
from ganbench.training.settings import Schedule

CUT_PAPER = Paper(
    "Contrastive Learning for Unpaired Image-to-Image Translation",
    2020,
    "2007.15651",
    ("Taesung Park", "Alexei A. Efros", "Richard Zhang", "Jun-Yan Zhu"),
)


@recipe
def cut_mnist(budget: Budget = "reference") -> Recipe:
    """CUT from MNIST to reddish digits: the data, the sizes of G and D and the averaged scores of ``cyclegan-mnist``.

    G has instance norm, since its encoder sees images of both domains and translations. The laptop budget, about eight
    minutes of one core, has higher learning rates. The paper's settings, for larger images: default networks, batches
    of 1, and 400 epochs.
    """
    laptop = budget == "laptop"
    optimizer = adam(1e-3 if laptop else 2e-4, (0.5, 0.999))
    return Recipe(
        name="cut-mnist",
        summary="CUT: unpaired translation of grey MNIST digits to coloured ones, with a contrastive loss",
        data=Spec(pairs, a="mnist", b="reddish-mnist"),
        latent=Spec(EmptyLatent),
        networks={
            "G": Spec(ContrastiveGenerator, width=16, blocks=3),
            "H": Spec(PatchProjector, size=64 if laptop else 256),
            "D": Spec(PatchDiscriminator, width=32 if laptop else 64, average=True),
        },
        algorithm=Spec(CUT, loss=Spec(LeastSquares)),
        optimizers={"G": optimizer, "H": optimizer, "D": adam(5e-4 if laptop else 2e-4, (0.5, 0.999))},
        schedule=Schedule(
            steps=1000 if laptop else 2345,
            batch=16 if laptop else 128,
            learning_rate=Spec(Linear),
            sample_every=250 if laptop else 500,
            checkpoint_every=250 if laptop else 500,
        ),
        papers=(CUT_PAPER,),
    )
