"""GANs that use representations of a frozen SimSiam encoder: as the samples they generate, or as their condition.

After zeligism/ConGAN.
"""

from __future__ import annotations

import dataclasses

from ganbench.algorithms import Adversarial, RepresentationGAN, SimSiamGAN
from ganbench.conditioning import VectorNorm
from ganbench.config.spec import Spec
from ganbench.data.archive import imagenette64
from ganbench.data.torchvision_sets import cifar10
from ganbench.latents import Gaussian, NoiseAndRepresentation
from ganbench.losses import Hinge, NonSaturating
from ganbench.networks import (
    MLPDiscriminator,
    RepresentationGenerator,
    RepresentationReader,
    SNDCGANDiscriminator,
    SNDCGANGenerator,
    VectorMap,
)
from ganbench.recipes.base import Budget, Recipe, recipe
from ganbench.recipes.optimization import adam, ema_schedule
from ganbench.recipes.simsiam import SIMSIAM, simsiam_encoder
from ganbench.recipes.sndcgan import sndcgan_optimizers
from ganbench.regularizers import R1
from ganbench.training.schedule import Linear, Stages
from ganbench.training.settings import Schedule

NOISE_SIZE = 128
#: ConGAN uses a gradient penalty of weight 10 towards slope 1. With it D cannot separate unit vectors, and G collapses
#: to few distinct samples. This gamma has the effect of gamma 1 on vectors of length 16 (256 numbers of about 1).
WEAK_R1 = Spec(R1, gamma=0.004)


def representation_gan_networks(size: int, width: int) -> tuple[Spec, Spec]:
    """Return G and D for representations of ``size`` numbers; D has no norm, since R1 needs per-sample gradients."""
    return (
        Spec(RepresentationGenerator, latent=NOISE_SIZE, size=size, width=width),
        Spec(MLPDiscriminator, shape=(size,), width=width, depth=2),
    )


def linear_schedule(budget: Budget, laptop_steps: int) -> Schedule:
    """Return a schedule with linear decay to 0. At laptop size, choose steps for at most 15 minutes of one core."""
    if budget == "reference":
        return Schedule(steps=100_000, batch=64, learning_rate=Spec(Linear))
    return ema_schedule(laptop_steps, batch=64, learning_rate=Spec(Linear))


@recipe
def repgan_cifar10(budget: Budget = "reference") -> Recipe:
    """A GAN that generates representations of CIFAR-10 images, and a decoder to images, trained in parallel.

    The encoder's weights must be given: ``networks.f.weights=RUN``, a run of ``simsiam-cifar10`` at the same budget.
    The penalty is a weak R1. Real targets are 1; ConGAN draws them from [.7, 1.2].
    """
    laptop = budget == "laptop"
    encoder, size = simsiam_encoder(budget)
    generator, discriminator = representation_gan_networks(size, 256 if laptop else 512)
    return Recipe(
        name="repgan-cifar10",
        summary="GAN that generates SimSiam representations, and a decoder that turns them into CIFAR-10 images",
        data=Spec(cifar10),
        latent=Spec(Gaussian, size=NOISE_SIZE),
        networks={
            "f": encoder,
            "G": generator,
            "D": discriminator,
            "A": Spec(SNDCGANGenerator, latent=size, width=16 if laptop else 64),
        },
        algorithm=Spec(RepresentationGAN, loss=Spec(NonSaturating), regularizers=(WEAK_R1,)),
        optimizers={
            "G": adam(2e-4, (0.5, 0.999)),
            "D": adam(2e-4, (0.5, 0.999)),
            "A": adam(5e-4 if laptop else 2e-4, (0.9, 0.999)),
        },
        schedule=linear_schedule(budget, 5000),
        papers=(SIMSIAM,),
    )


def simsiam_gan(
    name: str, dataset_title: str, data: Spec, budget: Budget, *, laptop_width: int, laptop_steps: int
) -> Recipe:
    """Return the GAN conditioned on representations.

    The coefficients of the cosine terms are those of ConGAN's best reported run: 0, .1 and 1, a third of the run each.
    A GAN of representations is trained alongside, so that images can be sampled without a real one. The encoder's
    weights must be given: ``networks.f.weights=RUN``.
    """
    laptop = budget == "laptop"
    encoder, size = simsiam_encoder(budget)
    weight = Spec(Stages, values=(0.0, 0.1, 1.0), at=(1 / 3, 2 / 3))
    prior_generator, prior_discriminator = representation_gan_networks(size, 256 if laptop else 512)
    prior_gan = Spec(
        Adversarial,
        latent=Spec(Gaussian, size=size),
        loss=Spec(NonSaturating),
        regularizers=(WEAK_R1,),
    )
    optimizers, prior_optimizer = sndcgan_optimizers(budget), adam(2e-4, (0.5, 0.999))
    return Recipe(
        name=name,
        summary=f"GAN conditioned on SimSiam representations of {dataset_title}",
        data=data,
        latent=Spec(NoiseAndRepresentation, noise=NOISE_SIZE, representation=size),
        networks={
            "f": encoder,
            "G": Spec(
                SNDCGANGenerator,
                latent=2 * NOISE_SIZE,
                width=laptop_width if laptop else 64,
                conditioning=Spec(VectorNorm, size=size),
            ),
            "D": Spec(SNDCGANDiscriminator, width=laptop_width if laptop else 64),
            "Q": Spec(RepresentationReader, size=size),
            "T": Spec(VectorMap, inputs=size, outputs=NOISE_SIZE),
            "P": prior_generator.replace(latent=size),
            "C": prior_discriminator,
        },
        algorithm=Spec(
            SimSiamGAN,
            loss=Spec(Hinge),
            discriminator_weight=weight,
            generator_weight=weight,
            prior=prior_gan,
            critic_steps=1 if laptop else 5,
            one_pass=True,
        ),
        optimizers={
            **optimizers,
            "T": optimizers["G"],
            "Q": optimizers["D"],
            "P": prior_optimizer,
            "C": prior_optimizer,
        },
        schedule=linear_schedule(budget, laptop_steps),
        papers=(SIMSIAM,),
    )


def unconditional_counterpart(conditional: Recipe, budget: Budget, laptop_steps: int) -> Recipe:
    """Return the baseline of a conditional recipe: the same G, D and loss without representations.

    At laptop size a step costs less, so ``laptop_steps`` can be larger for the same training time.
    """
    g, d = conditional.networks["G"], conditional.networks["D"]
    arguments = {name: conditional.algorithm.kwargs[name] for name in ("loss", "critic_steps", "one_pass")}
    return dataclasses.replace(
        conditional,
        name=f"{conditional.name}-uncond",
        summary=f"unconditional baseline for {conditional.name}",
        latent=Spec(Gaussian, size=NOISE_SIZE),
        networks={"G": g.replace(latent=NOISE_SIZE, conditioning=None), "D": d},
        algorithm=Spec(Adversarial, **arguments),
        optimizers={name: conditional.optimizers[name] for name in ("G", "D")},
        schedule=linear_schedule(budget, laptop_steps),
    )


@recipe
def simsiam_gan_cifar10(budget: Budget = "reference") -> Recipe:
    """A GAN on CIFAR-10 conditioned on a frozen SimSiam encoder's representations."""
    return simsiam_gan(
        "simsiam-gan-cifar10", "CIFAR-10", Spec(cifar10), budget, laptop_width=16, laptop_steps=3000
    )


@recipe
def simsiam_gan_cifar10_uncond(budget: Budget = "reference") -> Recipe:
    """The unconditional baseline of ``simsiam-gan-cifar10``."""
    return unconditional_counterpart(simsiam_gan_cifar10(budget), budget, 6000)


@recipe
def simsiam_gan_imagenette64(budget: Budget = "reference") -> Recipe:
    """A GAN on Imagenette at 64x64 conditioned on a frozen SimSiam encoder's representations."""
    title, data = "Imagenette at 64x64", Spec(imagenette64)
    return simsiam_gan("simsiam-gan-imagenette64", title, data, budget, laptop_width=8, laptop_steps=1150)


@recipe
def simsiam_gan_imagenette64_uncond(budget: Budget = "reference") -> Recipe:
    """The unconditional baseline of ``simsiam-gan-imagenette64``."""
    return unconditional_counterpart(simsiam_gan_imagenette64(budget), budget, 2300)
