"""MLP GANs on points and digits: the data sets and networks of the mode-collapse study of GANs-Implementations.

The study: https://github.com/xyfJASON/GANs-Implementations.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ganbench.algorithms import Adversarial
from ganbench.config.spec import Spec
from ganbench.data.torchvision_sets import mnist
from ganbench.data.toy import grid25, ring8
from ganbench.latents import Gaussian
from ganbench.layers.normalisation import Norm1d
from ganbench.networks import MLPDiscriminator, MLPGenerator
from ganbench.recipes.base import Budget, Paper, Recipe
from ganbench.recipes.optimization import with_scores
from ganbench.training.schedule import Linear
from ganbench.training.settings import Machine, Schedule


@dataclass(frozen=True)
class DatasetSetup:
    """A data set with the study's settings for it: the size of the latent and the number of steps."""

    name: str
    description: str
    data: Spec
    latent_size: int
    steps: int
    is_points: bool

    @property
    def machine(self) -> Machine:
        """One thread for points, whose layers are too small to split; the default for images."""
        return Machine(threads=1 if self.is_points else None)

    def width(self, budget: Budget) -> int:
        """Return the study's width of hidden layers; at laptop size half of it for points."""
        return 128 if self.is_points and budget == "laptop" else 256

    def schedule(self, budget: Budget, laptop_steps: int) -> Schedule:
        """Return the study's schedule: batch 256, a constant learning rate, no EMA."""
        steps = self.steps if budget == "reference" else laptop_steps
        if self.is_points:
            return Schedule(
                steps=steps,
                batch=256,
                sample_every=200,
                samples=1000,
                checkpoint_every=500,
                evaluate_every=500,
            )
        schedule = Schedule(steps=steps, batch=256, sample_every=1000, checkpoint_every=1000)
        return schedule if budget == "laptop" else with_scores(schedule, every=2000)


RING8 = DatasetSetup(
    "ring8", "a ring of eight Gaussians", Spec(ring8), latent_size=32, steps=5000, is_points=True
)
GRID25 = DatasetSetup(
    "grid25", "a grid of 25 Gaussians", Spec(grid25), latent_size=32, steps=5000, is_points=True
)
MNIST = DatasetSetup("mnist", "MNIST digits", Spec(mnist), latent_size=100, steps=10_000, is_points=False)


#: Fields of the schedule of MNIST at laptop size: small batches, for which learning rates may be higher, with warmup.
SMALL_BATCHES: Mapping[str, Any] = MappingProxyType(
    {
        "batch": 64,
        "warmup": 300,
        "learning_rate": Spec(Linear, end=0.2),
        "ema_half_life": 64 * 300.0,
    }
)


def mlp_gan(
    method: str,
    summary: str,
    setup: DatasetSetup,
    budget: Budget,
    laptop_steps: int,
    *,
    loss: Spec,
    optimizer: Spec,
    papers: tuple[Paper, ...],
    regularizers: tuple[Spec, ...] = (),
    constraints: tuple[Spec, ...] = (),
    spectral_norm: bool = False,
    norm: Norm1d = "none",
    generator_norm: Norm1d | None = None,
    width: int | None = None,
    critic_steps: int = 5,
    packing: int = 1,
    latent_size: int | None = None,
    generator_slope: float = 0.2,
    schedule_changes: Mapping[str, Any] | None = None,
) -> Recipe:
    """Return a GAN of two MLPs with three hidden layers, by default with the study's settings.

    Args:
        method: First part of the recipe's name; the data set's name follows.
        summary: First part of the recipe's summary; " on " and the data set follow.
        setup: The data set and the study's settings for it.
        budget: "laptop" trains for ``laptop_steps``, on points with networks of half the width.
        laptop_steps: Steps at laptop size.
        loss: Adversarial loss.
        optimizer: Optimizer of both networks.
        papers: Sources.
        regularizers: Regularizers of D.
        constraints: Constraints on D's weights.
        spectral_norm: Whether D has spectral norm on every layer.
        norm: Normalisation in both networks; in D not behind the first layer, where it would hide the mean picture.
        generator_norm: Normalisation in G, if it is not ``norm``.
        width: Units in each hidden layer, if not the study's.
        critic_steps: D updates per G update.
        packing: Samples that D judges together.
        latent_size: Size of the latent, if not the study's.
        generator_slope: Negative slope of G's leaky ReLU. On points, ReLU (0) and a small latent give sharp
            transitions between modes; a slope of .2 puts a tenth (ring) or a quarter (grid) of all samples there.
        schedule_changes: Fields of the study's :class:`Schedule` to replace.
    """
    schedule = setup.schedule(budget, laptop_steps)
    width = width or setup.width(budget)
    critic_norm = norm if norm == "none" else ("none", norm, norm)
    return Recipe(
        name=f"{method}-{setup.name}",
        summary=f"{summary} on {setup.description}",
        data=setup.data,
        latent=Spec(Gaussian, size=latent_size or setup.latent_size),
        networks={
            "G": Spec(MLPGenerator, width=width, norm=generator_norm or norm, slope=generator_slope),
            "D": Spec(MLPDiscriminator, width=width, norm=critic_norm, spectral_norm=spectral_norm),
        },
        algorithm=Spec(
            Adversarial,
            loss=loss,
            regularizers=regularizers,
            constraints=constraints,
            critic_steps=critic_steps,
            packing=packing,
            one_pass=norm == "none",  # equivalent without batch statistics, and faster
        ),
        optimizers={"G": optimizer, "D": optimizer},
        schedule=dataclasses.replace(schedule, **(schedule_changes or {})),
        machine=setup.machine,
        papers=papers,
    )
