"""GANs that generate representations of a frozen SimSiam encoder, alone or with a decoder to images.

After zeligism/ConGAN, Framework 1.
"""

from __future__ import annotations

from ganbench.algorithms import Adversarial, RepresentationGAN
from ganbench.config.spec import Spec
from ganbench.data.torchvision_sets import cifar10
from ganbench.latents import Gaussian
from ganbench.losses import Hinge, NonSaturating
from ganbench.networks import (
    BranchedDecoder,
    ContextEncoder,
    MLPDiscriminator,
    RepresentationGenerator,
    SNDCGANDiscriminator,
    SNDCGANGenerator,
)
from ganbench.recipes.base import Budget, Recipe, recipe
from ganbench.recipes.optimization import adam, warmup_schedule
from ganbench.recipes.simsiam import SIMSIAM, simsiam_encoder
from ganbench.recipes.sngan import LECAM
from ganbench.regularizers import R1, GradientPenalty, LabelNoise
from ganbench.training.settings import Schedule

NOISE_SIZE = 128
#: The work's gradient penalty of weight 10 towards slope 1 lets G collapse to few distinct unit vectors. This gamma
#: has the effect of gamma 1 on vectors of length 16 (256 numbers of about 1).
WEAK_R1 = Spec(R1, gamma=0.004)
_SUMMARY = "GAN that generates SimSiam representations, and a decoder that turns them into CIFAR-10 images"


def representation_gan_networks(size: int, latent: int, width: int) -> tuple[Spec, Spec]:
    """Return G and D for representations of ``size`` numbers; D has no norm, since R1 needs per-sample gradients."""
    return (
        Spec(RepresentationGenerator, latent=latent, size=size, width=width),
        Spec(MLPDiscriminator, shape=(size,), width=width, depth=2),
    )


def prior_gan(budget: Budget, size: int) -> tuple[Spec, dict[str, Spec], dict[str, Spec]]:
    """Return a GAN that generates representations of ``size`` numbers, its networks P and C, and their optimizers."""
    generator, discriminator = representation_gan_networks(size, size, 256 if budget == "laptop" else 512)
    optimizer = adam(2e-4, (0.5, 0.999))
    gan = Spec(
        Adversarial, latent=Spec(Gaussian, size=size), loss=Spec(NonSaturating), regularizers=(WEAK_R1,)
    )
    return gan, {"P": generator, "C": discriminator}, {"P": optimizer, "C": optimizer}


@recipe
def repgan_cifar10(budget: Budget = "reference") -> Recipe:
    """A GAN that generates representations of CIFAR-10 images, and a decoder to images, trained in parallel.

    The encoder's weights must be given: ``networks.f.weights=RUN``, a run of ``simsiam-cifar10`` at the same budget.

    The reference has ConGAN's networks at 64 pixels: six hidden layers of 204 in G, a decoder with a branch for the
    representation and one for a context, which samples take from held-out images; noisy labels in [.7, 1.2), a gradient
    penalty towards slope 1 on D's probability, three D updates per G update, and 25 epochs. Not ConGAN's: the loss
    between representations has a gradient, its two ill-defined terms on the codes are left out, and f sees images at
    32x32, as it was trained.

    At laptop size, the decoder needs no context. Instead a critic of images trains it to draw sharp samples, which its
    squared error cannot do: what a representation leaves open would be averaged to a blur. The loss between
    representations is off: A lowers it by textures that fool f, and it takes a third of a step's time. The
    representations are generated as before; D has a weak R1, with which G covers more of them.
    """
    return _laptop_repgan() if budget == "laptop" else _full_repgan()


def _full_repgan() -> Recipe:
    encoder, size = simsiam_encoder("reference")
    context, latent, width = 256, 256, 204
    decoder = adam(1e-4, (0.9, 0.999))
    return Recipe(
        name="repgan-cifar10",
        summary=_SUMMARY,
        data=Spec(cifar10, size=64),
        latent=Spec(Gaussian, size=latent),
        networks={
            "f": encoder.replace(resolution=32),
            "G": Spec(
                RepresentationGenerator, latent=latent, size=size, width=width, depth=6, normalize_output=True
            ),
            "D": Spec(MLPDiscriminator, shape=(size,), width=width, depth=2),
            "A": Spec(BranchedDecoder, latent=size + context, context=context),
            "K": Spec(ContextEncoder, size=context),
        },
        algorithm=Spec(
            RepresentationGAN,
            loss=Spec(NonSaturating, real_target=0.95),
            regularizers=(
                Spec(LabelNoise, real=0.25, fake=0.0),
                Spec(GradientPenalty, weight=10.0, slope=1.0, sigmoid=True),
            ),
            context=True,
            critic_steps=3,
            decoder_steps=4,  # one per batch, of which three train D and one trains G
        ),
        optimizers={"G": adam(2e-4, (0.9, 0.999)), "D": adam(1e-4, (0.9, 0.999)), "A": decoder, "K": decoder},
        schedule=Schedule(steps=25 * (50_000 // 256) // 4, batch=256),
        papers=(SIMSIAM,),
    )


def _laptop_repgan() -> Recipe:
    encoder, size = simsiam_encoder("laptop")
    generator, discriminator = representation_gan_networks(size, NOISE_SIZE, 256)
    image_gan = Spec(
        Adversarial,
        latent=Spec(Gaussian, size=NOISE_SIZE),
        loss=Spec(Hinge),
        one_pass=True,
        reuse_fakes=True,
        regularizers=(LECAM,),
    )
    return Recipe(
        name="repgan-cifar10",
        summary=_SUMMARY,
        data=Spec(cifar10),
        latent=Spec(Gaussian, size=NOISE_SIZE),
        networks={
            "f": encoder,
            "G": generator,
            "D": discriminator,
            "A": Spec(SNDCGANGenerator, latent=size, width=16),
            "C": Spec(SNDCGANDiscriminator, width=16, pool="sum"),
        },
        algorithm=Spec(
            RepresentationGAN,
            loss=Spec(NonSaturating),
            regularizers=(WEAK_R1,),
            consistency_weight=0.0,
            image_gan=image_gan,
        ),
        optimizers={
            "G": adam(1e-3, (0.5, 0.999)),
            "D": adam(1e-3, (0.5, 0.999)),
            "A": adam(1e-4, (0.5, 0.999)),  # with 2e-4 C loses: its hinge loss is 1.98 from step 1,500 on
            "C": adam(1e-3, (0.5, 0.999)),
        },
        schedule=warmup_schedule("laptop", 5500, batch=16, end=1),
        papers=(SIMSIAM,),
    )
