"""What the fully connected GANs on points and digits share: the tasks of the mode-collapse study and its two MLPs."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ganbench.algorithms import Adversarial
from ganbench.config.spec import Spec
from ganbench.data.torchvision_sets import mnist
from ganbench.data.toy import grid25, ring8
from ganbench.latents import Gaussian
from ganbench.layers.normalisation import Norm1d
from ganbench.networks import MLPDiscriminator, MLPGenerator
from ganbench.recipes.base import Budget, Paper, Recipe
from ganbench.training.settings import Machine, Schedule


@dataclass(frozen=True)
class Task:
    """What to learn and for how long. Points are learnt on one thread: the layers are too small to share out."""

    name: str
    words: str
    data: Spec
    latent: int
    steps: int
    points: bool

    def width(self, budget: Budget) -> int:
        """Return the study's width, or half of it for points at laptop size."""
        return 128 if self.points and budget == "laptop" else 256

    def schedule(self, budget: Budget, laptop_steps: int) -> Schedule:
        """Return the study's schedule: batch 256, constant rate, no average."""
        steps = self.steps if budget == "reference" else laptop_steps
        if self.points:
            return Schedule(
                steps=steps,
                batch=256,
                sample_every=200,
                samples=1000,
                checkpoint_every=500,
                evaluate_every=500,
            )
        return Schedule(steps=steps, batch=256, sample_every=1000, checkpoint_every=1000)


RING8 = Task("ring8", "a ring of eight Gaussians", Spec(ring8), latent=32, steps=5000, points=True)
GRID25 = Task("grid25", "a grid of 25 Gaussians", Spec(grid25), latent=32, steps=5000, points=True)
MNIST = Task("mnist", "MNIST digits", Spec(mnist), latent=100, steps=10_000, points=False)


def adam(rate: float = 3e-4, betas: tuple[float, float] = (0.9, 0.999)) -> Spec:
    """Return Adam; the defaults are the study's for the vanilla GAN."""
    return Spec(torch.optim.Adam, lr=rate, betas=betas)


def mlp_gan(
    method: str,
    words: str,
    task: Task,
    schedule: Schedule,
    *,
    loss: Spec,
    optimizer: Spec,
    papers: tuple[Paper, ...],
    regularizers: tuple[Spec, ...] = (),
    constraints: tuple[Spec, ...] = (),
    spectral_norm: bool = False,
    norm: Norm1d = "none",
    width: int = 256,
    critic_steps: int = 5,
    packing: int = 1,
    latent: int | None = None,
    slope: float = 0.2,
) -> Recipe:
    """Return ``method`` on a task: two MLPs with three hidden layers, five D updates to one of G unless said.

    ``slope`` is that of G's leaky ReLU. On points a G with plain ReLU (0) and few latents turns sharply from mode
    to mode, where one of slope .2 strews a tenth (a ring) or a quarter (a grid) of its samples between them.
    """
    return Recipe(
        name=f"{method}-{task.name}",
        summary=f"{words} on {task.words}",
        data=task.data,
        latent=Spec(Gaussian, size=latent or task.latent),
        networks={
            "G": Spec(MLPGenerator, width=width, norm=norm, slope=slope),
            "D": Spec(MLPDiscriminator, width=width, norm=norm, spectral_norm=spectral_norm),
        },
        algorithm=Spec(
            Adversarial,
            loss=loss,
            regularizers=regularizers,
            constraints=constraints,
            critic_steps=critic_steps,
            packing=packing,
            one_pass=norm == "none",  # the same without batch statistics, and faster
        ),
        optimizers={"G": optimizer, "D": optimizer},
        schedule=schedule,
        machine=Machine(threads=1 if task.points else None),
        papers=papers,
    )
