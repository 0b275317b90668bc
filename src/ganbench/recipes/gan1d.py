"""GANs on one-dimensional data, whose densities can be plotted: Generative Adversarial Networks, 2014.

arXiv 1406.2661, with the settings of henrhoi/gan-pytorch. Compares the saturating and the non-saturating objective on
numbers from a mixture of a narrow and a broad Gaussian.
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
from ganbench.recipes.optimization import adam
from ganbench.training.settings import Machine, Schedule

_EPOCH = 313  # batches of 64 in 20,000 numbers, the last one partial


def gan1d(objective: str, summary: str, loss: Spec) -> Recipe:
    """Return a GAN trained for 25 epochs with one D update per G update, with 5,000 samples plotted each epoch.

    Numbers are scaled by a fixed range, where gan-pytorch's depends on the most extreme numbers drawn, and biases start
    at 0.
    The networks are small, so both budgets have the reference size.
    """
    return Recipe(
        name=f"gan1d-{objective}",
        summary=summary,
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
    """The GAN of the theory: D maximises and G minimises one value function; G's gradient vanishes where D is sure."""
    return gan1d("minimax", "GAN on one-dimensional data with the saturating objective", Spec(Minimax))


@recipe
def gan1d_nonsaturating(budget: Budget = "reference") -> Recipe:
    """The GAN of practice: G maximises log D, whose gradient is largest where D is sure."""
    summary = "GAN on one-dimensional data with the non-saturating objective"
    return gan1d("nonsaturating", summary, Spec(NonSaturating))
