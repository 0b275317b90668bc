"""Two plain convolutional networks with one convolution per level, as shared by the convolutional recipes."""

from __future__ import annotations

from ganbench.algorithms import Adversarial
from ganbench.config.spec import Spec
from ganbench.data.torchvision_sets import cifar10
from ganbench.latents import Gaussian
from ganbench.layers.normalisation import Norm2d
from ganbench.layers.pooling import Pool
from ganbench.networks import SimpleCNNDiscriminator, SimpleCNNGenerator
from ganbench.recipes.base import Budget, Paper, Recipe
from ganbench.recipes.optimization import warmup_schedule, with_scores
from ganbench.training.settings import Schedule


def simple_cnn_gan(
    name: str,
    summary: str,
    data: Spec,
    schedule: Schedule,
    *,
    width: int,
    loss: Spec,
    optimizers: tuple[Spec, Spec],
    papers: tuple[Paper, ...],
    critic_steps: int = 1,
    regularizers: tuple[Spec, ...] = (),
    constraints: tuple[Spec, ...] = (),
    critic_norm: Norm2d = "batch",
    spectral_norm: bool = False,
    pool: Pool = "none",
    one_pass: bool = False,
    reuse_fakes: bool = False,
    packing: int = 1,
) -> Recipe:
    """Return a GAN of two plain convolutional networks with a latent of size 100.

    ``optimizers`` are G's and D's; ``critic_norm``, ``spectral_norm`` and ``pool`` apply to D.
    """
    return Recipe(
        name=name,
        summary=summary,
        data=data,
        latent=Spec(Gaussian, size=100),
        networks={
            "G": Spec(SimpleCNNGenerator, width=width),
            "D": Spec(
                SimpleCNNDiscriminator,
                width=width,
                norm=critic_norm,
                spectral_norm=spectral_norm,
                pool=pool,
            ),
        },
        algorithm=Spec(
            Adversarial,
            loss=loss,
            regularizers=regularizers,
            constraints=constraints,
            critic_steps=critic_steps,
            one_pass=one_pass,
            reuse_fakes=reuse_fakes,
            packing=packing,
        ),
        optimizers={"G": optimizers[0], "D": optimizers[1]},
        schedule=schedule,
        papers=papers,
    )


def cifar10_gan(
    name: str,
    summary: str,
    budget: Budget,
    *,
    loss: Spec,
    optimizers: tuple[Spec, Spec],
    papers: tuple[Paper, ...],
    laptop_steps: int = 14_000,
    laptop_critic_steps: int = 1,
    laptop_batch: int = 16,
    regularizers: tuple[Spec, ...] = (),
    constraints: tuple[Spec, ...] = (),
    critic_norm: Norm2d = "batch",
    spectral_norm: bool = False,
    pool: Pool = "none",
) -> Recipe:
    """Return a GAN of two plain convolutional networks on CIFAR-10.

    The reference budget has the width, batch and length of GANs-Implementations, and scores as often. The laptop budget
    has an eighth of the width, batches of ``laptop_batch``, a warmup and an EMA of G. If D is updated once per step, G
    learns from the same fakes.
    """
    laptop = budget == "laptop"
    critic_steps = laptop_critic_steps if laptop else 5
    return simple_cnn_gan(
        f"{name}-cifar10",
        f"{summary} on CIFAR-10",
        Spec(cifar10),
        warmup_schedule(budget, laptop_steps, batch=laptop_batch, end=1.0)
        if laptop
        else with_scores(Schedule(steps=40_000, batch=512), every=1000),
        width=32 if laptop else 256,
        loss=loss,
        optimizers=optimizers,
        papers=papers,
        critic_steps=critic_steps,
        regularizers=regularizers,
        constraints=constraints,
        critic_norm=critic_norm,
        spectral_norm=spectral_norm,
        pool=pool,
        one_pass=laptop and critic_norm != "batch",  # equivalent without batch statistics, and faster
        reuse_fakes=laptop and critic_steps == 1,
    )
