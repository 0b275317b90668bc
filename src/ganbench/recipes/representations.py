"""GANs on representations of a frozen SimSiam encoder: of what they make, or as what they are conditioned on."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from ganbench.algorithms import Adversarial, RepresentationGAN, SimSiamGAN
from ganbench.conditioning import VectorNorm
from ganbench.config.spec import Spec
from ganbench.data.archive import imagenette64
from ganbench.data.torchvision_sets import cifar10
from ganbench.latents import Gaussian, WithRepresentation
from ganbench.losses import Hinge, NonSaturating
from ganbench.networks import (
    MLPDiscriminator,
    RepresentationGenerator,
    RepresentationReader,
    ResNetEncoder,
    SNDCGANDiscriminator,
    SNDCGANGenerator,
    VectorMap,
)
from ganbench.recipes.base import Budget, Recipe, recipe
from ganbench.recipes.mlp import adam
from ganbench.recipes.simsiam import SIMSIAM
from ganbench.recipes.sndcgan import sndcgan_rates
from ganbench.regularizers import R1
from ganbench.training.schedule import Linear, Stages
from ganbench.training.settings import Schedule

NOISE = 128
#: The reference system's penalty of 10, which wants slopes of 1, leaves D no room to tell apart vectors of length 1,
#: and G ends with few kinds of them. This is a gamma of 1 for vectors whose 256 numbers are about 1.
LIGHT = Spec(R1, gamma=0.004)


def encoder(budget: Budget) -> tuple[Spec, int]:
    """Return the encoder of ``simsiam-cifar10`` at that budget, and the size of its representations.

    Its weights must be named: ``networks.f.weights=RUN``.
    """
    if budget == "laptop":
        return Spec(ResNetEncoder, width=16, blocks=1, size=256), 256
    return Spec(ResNetEncoder, width=64, size=2048), 2048


def prior_networks(size: int, width: int) -> Mapping[str, Spec]:
    """Return a generator of representations and its discriminator, without a norm, for R1."""
    return {
        "G": Spec(RepresentationGenerator, latent=NOISE, size=size, width=width),
        "D": Spec(MLPDiscriminator, shape=(size,), width=width, depth=2),
    }


def schedule(budget: Budget, laptop_steps: int) -> Schedule:
    """Return how long a recipe learns; at laptop size no more than 15 minutes of one core."""
    if budget == "reference":
        return Schedule(steps=100_000, batch=64, learning_rate=Spec(Linear))
    return Schedule(
        steps=laptop_steps,
        batch=64,
        learning_rate=Spec(Linear),
        ema_half_life=10_000,
        sample_every=500,
        checkpoint_every=500,
    )


@recipe
def repgan_cifar10(budget: Budget = "reference") -> Recipe:
    """A GAN makes representations of CIFAR-10, a decoder makes pictures of them; trained side by side.

    Labels of real samples lie in [.7, 1.2] in the reference system; here they are 1. The penalty is R1, and light.
    """
    laptop = budget == "laptop"
    f, size = encoder(budget)
    return Recipe(
        name="repgan-cifar10",
        summary="a GAN of representations and a decoder of them to CIFAR-10's pictures",
        data=Spec(cifar10),
        latent=Spec(Gaussian, size=NOISE),
        networks={
            "f": f,
            **prior_networks(size, 256 if laptop else 512),
            "A": Spec(SNDCGANGenerator, latent=size, width=16 if laptop else 64),
        },
        algorithm=Spec(RepresentationGAN, loss=Spec(NonSaturating), regularizers=(LIGHT,)),
        optimizers={
            "G": adam(2e-4, (0.5, 0.999)),
            "D": adam(2e-4, (0.5, 0.999)),
            "A": adam(5e-4 if laptop else 2e-4, (0.9, 0.999)),
        },
        schedule=schedule(budget, 5000),
        papers=(SIMSIAM,),
    )


def simsiam_gan(
    name: str, words: str, data: Spec, budget: Budget, *, laptop_width: int, laptop_steps: int
) -> Recipe:
    """Return the GAN conditioned on representations, with the coefficients of the best reported run, by thirds.

    Beside it learns a GAN of representations, so that it can be sampled without a picture.
    """
    laptop = budget == "laptop"
    f, size = encoder(budget)
    weight = Spec(Stages, values=(0.0, 0.1, 1.0), at=(1 / 3, 2 / 3))
    prior = prior_networks(size, 256 if laptop else 512)
    prior_gan = Spec(
        Adversarial,
        latent=Spec(Gaussian, size=size),
        loss=Spec(NonSaturating),
        regularizers=(LIGHT,),
    )
    rates, slow = sndcgan_rates(budget), adam(2e-4, (0.5, 0.999))
    return Recipe(
        name=name,
        summary=f"a GAN conditioned on a frozen encoder's representations of {words}",
        data=data,
        latent=Spec(WithRepresentation, noise=NOISE, representation=size),
        networks={
            "f": f,
            "G": Spec(
                SNDCGANGenerator,
                latent=2 * NOISE,
                width=laptop_width if laptop else 64,
                conditioning=Spec(VectorNorm, size=size),
            ),
            "D": Spec(SNDCGANDiscriminator, width=laptop_width if laptop else 64),
            "Q": Spec(RepresentationReader, size=size),
            "T": Spec(VectorMap, inputs=size, outputs=NOISE),
            "P": prior["G"].replace(latent=size),
            "C": prior["D"],
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
            **rates,
            "T": rates["G"],
            "Q": rates["D"],
            "P": slow,
            "C": slow,
        },
        schedule=schedule(budget, laptop_steps),
        papers=(SIMSIAM,),
    )


def without(conditioned: Recipe, budget: Budget, laptop_steps: int) -> Recipe:
    """Return a conditioned recipe's twin without representations: the same two networks and loss.

    ``laptop_steps`` fit into the time that the conditioned one has at laptop size, for there is less to do in each.
    """
    g, d = conditioned.networks["G"], conditioned.networks["D"]
    known = {name: conditioned.algorithm.kwargs[name] for name in ("loss", "critic_steps", "one_pass")}
    return dataclasses.replace(
        conditioned,
        name=f"{conditioned.name}-uncond",
        summary=f"the twin of {conditioned.name} without representations",
        latent=Spec(Gaussian, size=NOISE),
        networks={"G": g.replace(latent=NOISE, conditioning=None), "D": d},
        algorithm=Spec(Adversarial, **known),
        optimizers={name: conditioned.optimizers[name] for name in ("G", "D")},
        schedule=schedule(budget, laptop_steps),
    )


@recipe
def simsiam_gan_cifar10(budget: Budget = "reference") -> Recipe:
    """A GAN on CIFAR-10 conditioned on a frozen SimSiam encoder's representations."""
    return simsiam_gan(
        "simsiam-gan-cifar10", "CIFAR-10", Spec(cifar10), budget, laptop_width=16, laptop_steps=3000
    )


@recipe
def simsiam_gan_cifar10_uncond(budget: Budget = "reference") -> Recipe:
    """The twin of ``simsiam-gan-cifar10`` without representations."""
    return without(simsiam_gan_cifar10(budget), budget, 6000)


@recipe
def simsiam_gan_imagenette64(budget: Budget = "reference") -> Recipe:
    """A GAN on Imagenette at 64x64 conditioned on a frozen SimSiam encoder's representations."""
    return simsiam_gan(
        "simsiam-gan-imagenette64",
        "Imagenette at 64x64",
        Spec(imagenette64),
        budget,
        laptop_width=8,
        laptop_steps=1150,
    )


@recipe
def simsiam_gan_imagenette64_uncond(budget: Budget = "reference") -> Recipe:
    """The twin of ``simsiam-gan-imagenette64`` without representations."""
    return without(simsiam_gan_imagenette64(budget), budget, 2300)
