"""GANs on a line, whose two curves can be drawn: Generative Adversarial Networks, 2014, arXiv 1406.2661.

The saturating objective beside the non-saturating one, on numbers from a narrow and a broad bell.
"""

from __future__ import annotations

from ganbench.algorithms import Adversarial
from ganbench.config.spec import Spec
from ganbench.data.toy import mixture1d
from ganbench.latents import Uniform
from ganbench.losses import Minimax, NonSaturating
from ganbench.networks import MLPDiscriminator, MLPGenerator
from ganbench.recipes.base import Budget, Recipe, recipe
from ganbench.recipes.gan import GAN
from ganbench.recipes.mlp import adam
from ganbench.training.settings import Machine, Schedule

_EPOCH = 313  # steps of 64 in 20,000 numbers, the last of them not full


def gan1d(objective: str, words: str, loss: Spec) -> Recipe:
    """Return a GAN of 25 epochs, one D update to one of G; pictures after each epoch, of 5,000 samples.

    The networks are small, so the laptop budget is the reference.
    """
    return Recipe(
        name=f"gan1d-{objective}",
        summary=f"a GAN on a line with the {words} objective",
        data=Spec(mixture1d),
        latent=Spec(Uniform, size=5),
        networks={"G": Spec(MLPGenerator, slope=0.01), "D": Spec(MLPDiscriminator, slope=0.01)},
        algorithm=Spec(Adversarial, loss=loss, one_pass=True),
        optimizers={"G": adam(1e-4, (0.0, 0.9)), "D": adam(1e-4, (0.0, 0.9))},
        schedule=Schedule(
            steps=25 * _EPOCH,
            batch=64,
            sample_every=_EPOCH,
            samples=5000,
            checkpoint_every=5 * _EPOCH,
            evaluate_every=5 * _EPOCH,
            evaluate_samples=5000,
        ),
        machine=Machine(threads=1),
        papers=(GAN,),
    )


@recipe
def gan1d_minimax(budget: Budget = "reference") -> Recipe:
    """The GAN of the theory: both players pull on one value, and G's gradient fades where D is sure."""
    return gan1d("minimax", "saturating", Spec(Minimax))


@recipe
def gan1d_nonsaturating(budget: Budget = "reference") -> Recipe:
    """The GAN of practice: G raises log D, whose gradient is strongest where D is sure."""
    return gan1d("nonsaturating", "non-saturating", Spec(NonSaturating))
