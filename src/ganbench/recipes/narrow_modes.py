"""GANs on the ring and the grid of narrow modes, on which VEEGAN and PacGAN report how many modes a GAN captures.

VEEGAN: Reducing Mode Collapse in GANs using Implicit Variational Learning, 2017, arXiv 1705.07761; PacGAN: The power of
two samples in generative adversarial networks, 2018, arXiv 1712.04086. Settings are those of the papers' code, with two
differences: networks see coordinates divided by 1.5 radii (ring) or by 6 (grid), and G ends in tanh, not linearly; and
weights start with torch's default initialisation, not with N(0, .02²).
"""

from __future__ import annotations

from ganbench.algorithms import VEEGAN, Adversarial
from ganbench.config.spec import Spec
from ganbench.data.toy import grid25_narrow, ring8_narrow
from ganbench.latents import Gaussian
from ganbench.losses import NonSaturating
from ganbench.networks import (
    JointMLPDiscriminator,
    MaxoutDiscriminator,
    MLPEncoder,
    MLPGenerator,
)
from ganbench.recipes.base import Budget, Recipe, recipe
from ganbench.recipes.gan import GAN, gan_r1_points
from ganbench.recipes.mlp import DatasetSetup
from ganbench.recipes.optimization import adam
from ganbench.recipes.pacgan import PACGAN
from ganbench.recipes.r3gan import r3gan
from ganbench.recipes.veegan import VEEGAN_PAPER
from ganbench.training.schedule import Constant, Linear
from ganbench.training.settings import Schedule

RING = DatasetSetup(
    "ring8-narrow", "a ring of eight narrow Gaussians", Spec(ring8_narrow), 4, 20_000, is_points=True
)
GRID = DatasetSetup(
    "grid25-narrow", "a grid of 25 narrow Gaussians", Spec(grid25_narrow), 4, 20_000, is_points=True
)


def packed_gan(method: str, summary: str, setup: DatasetSetup, budget: Budget, packing: int) -> Recipe:
    """Return PacGAN, or with packs of one its vanilla GAN: G with batch norm, D of maxout layers, one D update.

    A batch is 100 packs. The paper trains for 400 epochs of 100,000 points. At laptop size networks are narrower and
    steps fewer; the learning rate is ten times as high and decays to 0, and an EMA of G is kept.
    """
    laptop = budget == "laptop"
    optimizer = adam(1e-3, (0.5, 0.999)) if laptop else adam(1e-4, (0.8, 0.999))
    return Recipe(
        name=f"{method}-{setup.name}",
        summary=f"{summary} on {setup.description}",
        data=setup.data,
        latent=Spec(Gaussian, size=2),
        networks={
            "G": Spec(MLPGenerator, width=128 if laptop else 400, depth=4, norm="batch", slope=0.0),
            "D": Spec(MaxoutDiscriminator, width=(64 if laptop else 200,) * 3, pieces=5, dropout=0.0),
        },
        algorithm=Spec(Adversarial, loss=Spec(NonSaturating), packing=packing, one_pass=True),
        optimizers={"G": optimizer, "D": optimizer},
        schedule=_schedule(budget, laptop_steps=8000, steps=400_000, batch=100 * packing),
        machine=setup.machine,
        papers=(PACGAN, GAN),
    )


def veegan(setup: DatasetSetup, budget: Budget) -> Recipe:
    """Return VEEGAN with a latent of 254 dimensions, two hidden layers in G and R and one in D, new points each step.

    The reconstruction is the negative log-likelihood of a unit Gaussian: half the sum of squares, 127 times their mean.
    G has no further noise input, of which the code has one. At laptop size steps are fewer, the learning rate decays to
    0, and an EMA of G is kept.
    """
    optimizer = adam(1e-3, (0.5, 0.999))
    return Recipe(
        name=f"veegan-{setup.name}",
        summary=f"VEEGAN on {setup.description}",
        data=setup.data.replace(fresh=True),
        latent=Spec(Gaussian, size=254),
        networks={
            "G": Spec(MLPGenerator, width=128, depth=2, slope=0.0),
            "D": Spec(JointMLPDiscriminator, width=128, depth=1, slope=0.0),
            "R": Spec(MLPEncoder, width=128, depth=2, slope=0.0),
        },
        algorithm=Spec(VEEGAN, reconstruction_weight=127.0),
        optimizers={"G": optimizer, "D": optimizer, "R": optimizer},
        schedule=_schedule(budget, laptop_steps=12_000, steps=100_000, batch=500),
        machine=setup.machine,
        papers=(VEEGAN_PAPER,),
    )


def _schedule(budget: Budget, *, laptop_steps: int, steps: int, batch: int) -> Schedule:
    """Return the paper's constant learning rate without an EMA, or that of a short run; both with 20 reports."""
    laptop = budget == "laptop"
    steps = laptop_steps if laptop else steps
    return Schedule(
        steps=steps,
        batch=batch,
        learning_rate=Spec(Linear) if laptop else Spec(Constant),
        ema_half_life=10_000.0 if laptop else None,
        sample_every=steps // 20,
        samples=1000,
        checkpoint_every=steps // 20,
        evaluate_every=steps // 20,
    )


@recipe
def gan_ring8_narrow(budget: Budget = "reference") -> Recipe:
    """PacGAN's vanilla GAN on eight narrow Gaussians."""
    return packed_gan("gan", "the vanilla GAN of PacGAN", RING, budget, packing=1)


@recipe
def gan_grid25_narrow(budget: Budget = "reference") -> Recipe:
    """PacGAN's vanilla GAN on 25 narrow Gaussians."""
    return packed_gan("gan", "the vanilla GAN of PacGAN", GRID, budget, packing=1)


@recipe
def pacgan_ring8_narrow(budget: Budget = "reference") -> Recipe:
    """PacGAN with pairs on eight narrow Gaussians."""
    return packed_gan("pacgan", "PacGAN (D judges pairs of samples)", RING, budget, packing=2)


@recipe
def pacgan_grid25_narrow(budget: Budget = "reference") -> Recipe:
    """PacGAN with pairs on 25 narrow Gaussians."""
    return packed_gan("pacgan", "PacGAN (D judges pairs of samples)", GRID, budget, packing=2)


@recipe
def veegan_ring8_narrow(budget: Budget = "reference") -> Recipe:
    """VEEGAN with the settings of its authors on eight narrow Gaussians."""
    return veegan(RING, budget)


@recipe
def veegan_grid25_narrow(budget: Budget = "reference") -> Recipe:
    """VEEGAN with the settings of its authors on 25 narrow Gaussians."""
    return veegan(GRID, budget)


@recipe
def gan_r1_ring8_narrow(budget: Budget = "reference") -> Recipe:
    """The GAN with R1 on eight narrow Gaussians; gamma is smaller than for wide ones, since slopes are larger."""
    return gan_r1_points(RING, budget, 6000, gamma=4e-4)


@recipe
def gan_r1_grid25_narrow(budget: Budget = "reference") -> Recipe:
    """The GAN with R1 on 25 narrow Gaussians."""
    return gan_r1_points(GRID, budget, 6000, gamma=4e-4)


@recipe
def r3gan_ring8_narrow(budget: Budget = "reference") -> Recipe:
    """R3GAN on eight narrow Gaussians."""
    return r3gan(RING, budget, gamma=2e-4, lr=2e-3, laptop_steps=5000)


@recipe
def r3gan_grid25_narrow(budget: Budget = "reference") -> Recipe:
    """R3GAN on 25 narrow Gaussians."""
    return r3gan(GRID, budget, gamma=2e-4, lr=2e-3, laptop_steps=5000)
