"""GANs conditioned on representations of a frozen SimSiam encoder, and the same GANs without them.

After zeligism/ConGAN, Framework 2.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from ganbench.algorithms import Adversarial, SimSiamGAN
from ganbench.augment import ImageNoise
from ganbench.conditioning import VectorNorm
from ganbench.config.spec import Spec
from ganbench.data.archive import imagenette64
from ganbench.data.shapes import shapes
from ganbench.data.tiny_imagenet import tiny_imagenet
from ganbench.data.torchvision_sets import cifar10
from ganbench.latents import Gaussian, NoiseAndRepresentation
from ganbench.losses import Hinge
from ganbench.networks import (
    RepresentationReader,
    ResNetDiscriminator,
    ResNetGenerator,
    SNDCGANDiscriminator,
    SNDCGANGenerator,
    VectorMap,
)
from ganbench.recipes.base import Budget, Recipe, recipe
from ganbench.recipes.optimization import adam, warmup_schedule
from ganbench.recipes.representations import prior_gan
from ganbench.recipes.simsiam import SIMSIAM, simsiam_encoder
from ganbench.recipes.sngan import LECAM
from ganbench.training.schedule import Stages, Step
from ganbench.training.settings import Schedule

LAPTOP_NOISE, LAPTOP_WIDTH = 128, 16
#: The coefficients of the cosine terms in ConGAN's best reported run: 0, .1 and 1, a third of the run each.
RISING = Spec(Stages, values=(0.0, 0.1, 1.0), at=(1 / 3, 2 / 3))


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of a ConGAN run at full size.

    Attributes:
        batch: The batch size.
        epochs: The number of epochs.
        epoch_steps: G's updates in an epoch.
        critic_steps: D's updates per update of G.
        d_rate, g_rate: Adam's learning rates.
        betas: Adam's betas.
        decay: How much smaller the learning rates become with each epoch, relative to their value.
        width: The networks' width.
        noise: The number of noise inputs of G, and of the numbers to which T maps a representation.
        d_weight, g_weight: The schedules of the weights of Q's and of f's cosine.
        image_noise: The standard deviation of the noise on images.
        representation_noise: That of the noise on representations, relative to theirs.
        residual: Whether G and D are residual networks.
    """

    batch: int
    epochs: int
    epoch_steps: int
    critic_steps: int
    d_rate: float
    g_rate: float
    betas: tuple[float, float]
    decay: float
    width: int = 64
    noise: int = 128
    d_weight: Spec = RISING
    g_weight: Spec = RISING
    image_noise: float = 0.01
    representation_noise: float = 0.01
    residual: bool = False


#: The last settings on CIFAR-10 in ConGAN's history (3 December 2021), and those of its last code, on Tiny ImageNet.
#: An update of G reads one batch, and each of D's two.
CIFAR10 = Settings(
    batch=64,
    epochs=90,
    epoch_steps=50_000 // 64 // 11,
    critic_steps=5,
    d_rate=2e-4,
    g_rate=2e-4,
    betas=(0.0, 0.9),
    decay=0.01,
)
TINY_IMAGENET = Settings(
    batch=128,
    epochs=90,
    epoch_steps=100_000 // 128 // 11,
    critic_steps=5,
    d_rate=5e-4,
    g_rate=5e-4,
    betas=(0.0, 0.9),
    decay=0.02,
    noise=512,
    residual=True,
)


def simsiam_gan(
    name: str,
    dataset_title: str,
    data: Spec,
    budget: Budget,
    settings: Settings,
    *,
    laptop_steps: int,
    patch_size: int = 1,
    resolution: int = 0,
) -> Recipe:
    """Return the GAN conditioned on representations.

    The coefficients of the cosine terms rise in steps. A GAN of representations is trained alongside, so that images
    can be sampled without a real one. The encoder's weights must be given: ``networks.f.weights=RUN``.

    At laptop size, networks, batches, warmup and LeCam are those of ``sndcgan-*``, D is updated once per step, and
    there is no noise on images or representations.

    Args:
        name: The recipe's name.
        dataset_title: The data set's name in the summary.
        data: The data set.
        budget: The budget.
        settings: The settings at full size; at laptop size, only the coefficients count.
        laptop_steps: The number of steps for 10 minutes of one core.
        patch_size: 2 makes the networks of the laptop budget work on patches of 2x2 pixels.
        resolution: The resolution at which the encoder sees images (0: theirs).
    """
    laptop = budget == "laptop"
    encoder, size = simsiam_encoder(budget)
    networks, optimizers = _laptop_networks(patch_size) if laptop else _full_networks(settings)
    noise = LAPTOP_NOISE if laptop else settings.noise
    arguments: dict[str, Any] = {} if laptop else {"representation_noise": settings.representation_noise}
    prior, prior_networks, prior_optimizers = prior_gan(budget, size)
    return Recipe(
        name=name,
        summary=f"GAN conditioned on SimSiam representations of {dataset_title}",
        data=data,
        latent=Spec(NoiseAndRepresentation, noise=noise, representation=size),
        networks={
            "f": encoder.replace(resolution=resolution) if resolution else encoder,
            "G": networks["G"].replace(latent=2 * noise, conditioning=Spec(VectorNorm, size=size)),
            "D": networks["D"],
            "Q": Spec(RepresentationReader, size=size, **({} if laptop else {"width": noise, "slope": 1.0})),
            "T": Spec(VectorMap, inputs=size, outputs=noise),
            **prior_networks,
        },
        algorithm=Spec(
            SimSiamGAN,
            discriminator_weight=settings.d_weight,
            generator_weight=settings.g_weight,
            prior=prior,
            **arguments,
            **_adversarial(budget, settings),
        ),
        optimizers={**optimizers, "T": optimizers["G"], "Q": optimizers["D"], **prior_optimizers},
        schedule=_schedule(budget, settings, laptop_steps),
        papers=(SIMSIAM,),
    )


def unconditional_counterpart(conditional: Recipe, budget: Budget, laptop_steps: int) -> Recipe:
    """Return the baseline of a conditional recipe: the same G, D, loss and optimizers without representations.

    At laptop size a step costs less, so ``laptop_steps`` can be larger for the same training time.
    """
    g, d = conditional.networks["G"], conditional.networks["D"]
    noise = conditional.latent.kwargs["noise"]
    own = ("prior", "discriminator_weight", "generator_weight", "representation_noise")
    arguments = {name: value for name, value in conditional.algorithm.kwargs.items() if name not in own}
    steps = laptop_steps if budget == "laptop" else conditional.schedule.steps
    return dataclasses.replace(
        conditional,
        name=f"{conditional.name}-uncond",
        summary=f"unconditional baseline for {conditional.name}",
        latent=Spec(Gaussian, size=noise),
        networks={"G": g.replace(latent=noise, conditioning=None), "D": d},
        algorithm=Spec(Adversarial, **arguments),
        optimizers={name: conditional.optimizers[name] for name in ("G", "D")},
        schedule=dataclasses.replace(conditional.schedule, steps=steps),
    )


def _laptop_networks(patch_size: int) -> tuple[dict[str, Spec], dict[str, Spec]]:
    """Return G and D for the laptop budget, and their optimizers.

    G's learning rate is half of that of ``sndcgan-*``, since its norms receive whole vectors and change fast. D's hinge
    loss stays near 1.95 until step 2,000, and yet samples are best so (CIFAR-10 (JPEG), seed 0, 5,000 steps): the
    Fréchet distance is 713, and 633 if T and Q have a rate of 1e-4 and 1e-3 with betas of (0.5, 0.999). If G and D have
    these, too, D's loss is 0.8 at step 300, and the distance 859; with the rate of ``sndcgan-*``, batches of 64 and
    2,400 steps it is 761.
    """
    size: dict[str, Any] = {"width": LAPTOP_WIDTH} | ({} if patch_size == 1 else {"patch_size": patch_size})
    networks = {
        "G": Spec(SNDCGANGenerator, **size),
        "D": Spec(SNDCGANDiscriminator, **size, pool="sum"),
    }
    return networks, {"G": adam(2.5e-4, (0.0, 0.99)), "D": adam(1e-3, (0.0, 0.99))}


def _full_networks(settings: Settings) -> tuple[dict[str, Spec], dict[str, Spec]]:
    """Return G and D of full size, and their optimizers."""
    if settings.residual:
        g = Spec(ResNetGenerator, width=2 * settings.width)
        d = Spec(ResNetDiscriminator, width=2 * settings.width, spectral_norm=True)
    else:
        g, d = Spec(SNDCGANGenerator, width=settings.width), Spec(SNDCGANDiscriminator, width=settings.width)
    return {"G": g, "D": d}, {
        "G": adam(settings.g_rate, settings.betas),
        "D": adam(settings.d_rate, settings.betas),
    }


def _adversarial(budget: Budget, settings: Settings) -> dict[str, Any]:
    """Return the arguments of the algorithm that both GANs have."""
    if budget == "laptop":
        return {"loss": Spec(Hinge), "one_pass": True, "reuse_fakes": True, "regularizers": (LECAM,)}
    return {
        "loss": Spec(Hinge),
        "critic_steps": settings.critic_steps,
        "one_pass": True,
        "augmentation": Spec(ImageNoise, std=settings.image_noise),
    }


def _schedule(budget: Budget, settings: Settings, laptop_steps: int) -> Schedule:
    if budget == "laptop":
        return warmup_schedule(budget, laptop_steps, batch=16, end=1)
    return Schedule(
        steps=settings.epochs * settings.epoch_steps,
        batch=settings.batch,
        learning_rate=Spec(Step, every=settings.epoch_steps, factor=1 - settings.decay),
    )


@recipe
def simsiam_gan_cifar10(budget: Budget = "reference") -> Recipe:
    """A GAN on CIFAR-10 conditioned on a frozen SimSiam encoder's representations."""
    return simsiam_gan("simsiam-gan-cifar10", "CIFAR-10", Spec(cifar10), budget, CIFAR10, laptop_steps=5000)


@recipe
def simsiam_gan_cifar10_uncond(budget: Budget = "reference") -> Recipe:
    """The unconditional baseline of ``simsiam-gan-cifar10``."""
    return unconditional_counterpart(simsiam_gan_cifar10(budget), budget, 8500)


@recipe
def simsiam_gan_tiny_imagenet(budget: Budget = "reference") -> Recipe:
    """A GAN on Tiny ImageNet conditioned on a frozen SimSiam encoder's representations: ConGAN's run 1."""
    return _at_64_pixels("simsiam-gan-tiny-imagenet", "Tiny ImageNet", Spec(tiny_imagenet), budget)


@recipe
def simsiam_gan_tiny_imagenet_uncond(budget: Budget = "reference") -> Recipe:
    """The unconditional baseline of ``simsiam-gan-tiny-imagenet``: ConGAN's run 2."""
    return unconditional_counterpart(simsiam_gan_tiny_imagenet(budget), budget, 8000)


@recipe
def simsiam_gan_imagenette64(budget: Budget = "reference") -> Recipe:
    """A GAN on Imagenette at 64x64 conditioned on a frozen SimSiam encoder's representations."""
    return _at_64_pixels("simsiam-gan-imagenette64", "Imagenette at 64x64", Spec(imagenette64), budget)


@recipe
def simsiam_gan_imagenette64_uncond(budget: Budget = "reference") -> Recipe:
    """The unconditional baseline of ``simsiam-gan-imagenette64``."""
    return unconditional_counterpart(simsiam_gan_imagenette64(budget), budget, 8000)


@recipe
def simsiam_gan_shapes(budget: Budget = "reference") -> Recipe:
    """A GAN on ``shapes`` conditioned on a frozen SimSiam encoder's representations; the factors are known."""
    title = "generated images of coloured shapes"
    return simsiam_gan("simsiam-gan-shapes", title, Spec(shapes), budget, CIFAR10, laptop_steps=2500)


@recipe
def simsiam_gan_shapes_uncond(budget: Budget = "reference") -> Recipe:
    """The unconditional baseline of ``simsiam-gan-shapes``."""
    return unconditional_counterpart(simsiam_gan_shapes(budget), budget, 4500)


def _at_64_pixels(name: str, dataset_title: str, data: Spec, budget: Budget) -> Recipe:
    """Return the GAN on photographs of 64x64 pixels, which the encoder sees at 32x32, as it was trained."""
    return simsiam_gan(
        name, dataset_title, data, budget, TINY_IMAGENET, laptop_steps=4500, patch_size=2, resolution=32
    )
