"""The eight experiments in zeligism/ConGAN's table of settings: four on CIFAR-10 at 32x32, four on Tiny ImageNet.

All are convolutional GANs conditioned on SimSiam representations. At laptop size they keep their learning rates, betas,
D updates and coefficients; the rest is that of ``simsiam-gan-*``. They are not tuned for it.
"""

from __future__ import annotations

import dataclasses

from ganbench.config.spec import Spec
from ganbench.data.tiny_imagenet import tiny_imagenet
from ganbench.data.torchvision_sets import cifar10
from ganbench.recipes.base import Budget, Recipe, recipe
from ganbench.recipes.optimization import adam
from ganbench.recipes.simsiam_gan import Settings, simsiam_gan
from ganbench.training.schedule import Constant, Stages


def _weights(*values: float) -> Spec:
    """Return a weight, or a schedule of equally long stages; the table does not say when weights change."""
    count = len(values)
    if count == 1:
        return Spec(Constant, factor=values[0])
    return Spec(Stages, values=values, at=tuple(number / count for number in range(1, count)))


def _on_cifar10(
    *,
    batch: int,
    epochs: int,
    d_rate: float,
    critic_steps: int,
    g_rate: float,
    decay: float,
    betas: tuple[float, float],
    d_weight: float,
) -> Settings:
    """Return an experiment on CIFAR-10. An epoch is one pass; every ``critic_steps``-th batch also trains G."""
    return Settings(
        batch=batch,
        epochs=epochs,
        epoch_steps=50_000 // batch // critic_steps,
        critic_steps=critic_steps,
        d_rate=d_rate,
        g_rate=g_rate,
        betas=betas,
        decay=decay,
        d_weight=_weights(d_weight),
        g_weight=_weights(0.1),
        image_noise=0.001,
        representation_noise=0.001,
    )


def _on_tiny_imagenet(
    *,
    d_rate: float,
    critic_steps: int,
    betas: tuple[float, float],
    width: int,
    d_weight: Spec,
    g_weight: Spec,
) -> Settings:
    """Return an experiment on Tiny ImageNet. An update of G reads one batch, and each of D's two."""
    return Settings(
        batch=256,
        epochs=150,
        epoch_steps=100_000 // 256 // (1 + 2 * critic_steps),
        critic_steps=critic_steps,
        d_rate=d_rate,
        g_rate=1e-3,
        betas=betas,
        decay=0.02,
        width=width // 2,  # for 64 pixels, the work halves D's width and adds a layer of half the width to G
        d_weight=d_weight,
        g_weight=g_weight,
    )


EXPERIMENTS = {
    "congan-cifar10-1": _on_cifar10(
        batch=256,
        epochs=200,
        d_rate=5e-5,
        critic_steps=5,
        g_rate=5e-5,
        decay=0.01,
        betas=(0.5, 0.9),
        d_weight=0.1,
    ),
    "congan-cifar10-2": _on_cifar10(
        batch=256,
        epochs=200,
        d_rate=5e-5,
        critic_steps=5,
        g_rate=1e-3,
        decay=0.01,
        betas=(0.5, 0.9),
        d_weight=0.1,
    ),
    "congan-cifar10-3": _on_cifar10(
        batch=64,
        epochs=250,
        d_rate=2e-4,
        critic_steps=5,
        g_rate=1e-3,
        decay=0.02,
        betas=(0.5, 0.999),
        d_weight=0.1,
    ),
    "congan-cifar10-4": _on_cifar10(
        batch=128,
        epochs=100,
        d_rate=1e-4,
        critic_steps=1,
        g_rate=1e-3,
        decay=0.02,
        betas=(0.5, 0.999),
        d_weight=0.02,
    ),
    "congan-tiny-imagenet-1": _on_tiny_imagenet(
        d_rate=1e-3,
        critic_steps=5,
        betas=(0.5, 0.9),
        width=64,
        d_weight=_weights(0.0, 1.0),
        g_weight=_weights(0.0),
    ),
    "congan-tiny-imagenet-2": _on_tiny_imagenet(
        d_rate=1e-3,
        critic_steps=1,
        betas=(0.5, 0.9),
        width=64,
        d_weight=_weights(0.0, 0.1),
        g_weight=_weights(0.0),
    ),
    "congan-tiny-imagenet-3": _on_tiny_imagenet(
        d_rate=1e-3,
        critic_steps=1,
        betas=(0.5, 0.999),
        width=128,
        d_weight=_weights(0.0, 1.0, 10.0),
        g_weight=_weights(0.0),
    ),
    "congan-tiny-imagenet-4": _on_tiny_imagenet(
        d_rate=2e-4,
        critic_steps=1,
        betas=(0.5, 0.999),
        width=64,
        d_weight=_weights(0.0, 1.0, 0.6),
        g_weight=_weights(0.0, 0.0, 0.1),
    ),
}


#: Steps for about 10 minutes of one core, by D's updates per step.
_LAPTOP_STEPS = {1: 4000, 5: 1600}


def experiment(name: str, budget: Budget) -> Recipe:
    """Return one of the experiments."""
    settings = EXPERIMENTS[name]
    steps = _LAPTOP_STEPS[settings.critic_steps]
    if "tiny-imagenet" in name:
        conditional = simsiam_gan(
            name,
            "Tiny ImageNet",
            Spec(tiny_imagenet),
            budget,
            settings,
            laptop_steps=steps,
            patch_size=2,
            resolution=32,
        )
    else:
        conditional = simsiam_gan(name, "CIFAR-10", Spec(cifar10), budget, settings, laptop_steps=steps)
    summary = f"experiment {name[-1]} of ConGAN's table: {conditional.summary}"
    if budget == "reference":
        return dataclasses.replace(conditional, summary=summary)
    g, d = adam(settings.g_rate, settings.betas), adam(settings.d_rate, settings.betas)
    return dataclasses.replace(
        conditional,
        summary=summary,
        algorithm=conditional.algorithm.replace(
            critic_steps=settings.critic_steps, reuse_fakes=settings.critic_steps == 1
        ),
        optimizers={**conditional.optimizers, "G": g, "T": g, "D": d, "Q": d},
    )


@recipe
def congan_cifar10_1(budget: Budget = "reference") -> Recipe:
    """Experiment 1 on CIFAR-10: batch 256, all learning rates 5e-5, five D updates."""
    return experiment("congan-cifar10-1", budget)


@recipe
def congan_cifar10_2(budget: Budget = "reference") -> Recipe:
    """Experiment 2 on CIFAR-10: as 1, with a learning rate of 1e-3 for G."""
    return experiment("congan-cifar10-2", budget)


@recipe
def congan_cifar10_3(budget: Budget = "reference") -> Recipe:
    """Experiment 3 on CIFAR-10: batch 64, 2e-4 for D and 1e-3 for G, five D updates."""
    return experiment("congan-cifar10-3", budget)


@recipe
def congan_cifar10_4(budget: Budget = "reference") -> Recipe:
    """Experiment 4 on CIFAR-10: batch 128, 1e-4 for D and 1e-3 for G, one D update, a small weight of Q's cosine."""
    return experiment("congan-cifar10-4", budget)


@recipe
def congan_tiny_imagenet_1(budget: Budget = "reference") -> Recipe:
    """Experiment 1 on Tiny ImageNet: five D updates, no weight of f's cosine, that of Q's rises to 1."""
    return experiment("congan-tiny-imagenet-1", budget)


@recipe
def congan_tiny_imagenet_2(budget: Budget = "reference") -> Recipe:
    """Experiment 2 on Tiny ImageNet: as 1, with one D update and a weight that rises to .1."""
    return experiment("congan-tiny-imagenet-2", budget)


@recipe
def congan_tiny_imagenet_3(budget: Budget = "reference") -> Recipe:
    """Experiment 3 on Tiny ImageNet: wider networks, and a weight that rises to 1 and 10."""
    return experiment("congan-tiny-imagenet-3", budget)


@recipe
def congan_tiny_imagenet_4(budget: Budget = "reference") -> Recipe:
    """Experiment 4 on Tiny ImageNet: 2e-4 for D, and weights of both cosines that change twice."""
    return experiment("congan-tiny-imagenet-4", budget)
