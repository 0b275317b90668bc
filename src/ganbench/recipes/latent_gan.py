"""A GAN of transformers on an autoencoder's codes, and the autoencoder: two runs, the second from the first's weights.

ViTGAN: Training GANs with Vision Transformers (2021), arXiv:2107.04589; High-Resolution Image Synthesis with Latent
Diffusion Models (2021), arXiv:2112.10752; Adversarial Autoencoders (2015), arXiv:1511.05644.
"""

from __future__ import annotations

from ganbench.algorithms import AAE, LatentGAN
from ganbench.config.spec import Spec
from ganbench.data.archive import imagenette64
from ganbench.latents import Gaussian
from ganbench.losses import NonSaturating
from ganbench.networks import (
    CodeDecoder,
    CodeEncoder,
    MLPDiscriminator,
    ViTDiscriminator,
    ViTGenerator,
)
from ganbench.recipes.autoencoders import AAE_PAPER
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.optimization import adam, ema_schedule, warmup_schedule, with_scores
from ganbench.regularizers import R1
from ganbench.training.settings import Schedule

VITGAN = Paper(
    "ViTGAN: Training GANs with Vision Transformers",
    2021,
    "2107.04589",
    ("Kwonjoon Lee", "Huiwen Chang", "Lu Jiang", "Han Zhang", "Zhuowen Tu", "Ce Liu"),
)
LATENT_DIFFUSION = Paper(
    "High-Resolution Image Synthesis with Latent Diffusion Models",
    2021,
    "2112.10752",
    ("Robin Rombach", "Andreas Blattmann", "Dominik Lorenz", "Patrick Esser", "Björn Ommer"),
)
_CODE_SIZE = 4 * 16 * 16  # four channels for 64x64 pixels


@recipe
def autoencoder_imagenette64(budget: Budget = "reference") -> Recipe:
    """An adversarial autoencoder of Imagenette at 64 pixels, whose codes are maps of 16x16 with four channels."""
    laptop = budget == "laptop"
    optimizer, width = adam(1e-3 if laptop else 2e-4, (0.5, 0.999)), 16 if laptop else 64
    schedule = ema_schedule(3000 if laptop else 100_000, 16 if laptop else 64)
    return Recipe(
        name="autoencoder-imagenette64",
        summary="adversarial autoencoder of Imagenette at 64x64 with codes of 16x16, for latentgan-imagenette64",
        data=Spec(imagenette64),
        latent=Spec(Gaussian, size=_CODE_SIZE),
        networks={
            "G": Spec(CodeDecoder, width=width),
            "D": Spec(MLPDiscriminator, width=256, depth=2),
            "E": Spec(CodeEncoder, width=width),
        },
        algorithm=Spec(AAE, loss=Spec(NonSaturating)),
        optimizers={"G": optimizer, "D": adam(2e-4, (0.5, 0.999)), "E": optimizer},
        schedule=schedule if laptop else with_scores(schedule, every=5000),
        papers=(AAE_PAPER, LATENT_DIFFUSION),
    )


@recipe
def latentgan_imagenette64(budget: Budget = "reference") -> Recipe:
    """A GAN of transformers on the codes of ``autoencoder-imagenette64``, whose run gives the weights of both ends."""
    laptop = budget == "laptop"
    transformer = {"width": 96, "depth": 3} if laptop else {"width": 384, "depth": 6}
    frozen, optimizer = {"latent": _CODE_SIZE, "width": 16 if laptop else 64}, adam(2e-4, (0.0, 0.99))
    published = Schedule(steps=200_000, batch=128, ema_half_life=500_000)
    return Recipe(
        name="latentgan-imagenette64",
        summary="GAN of transformers on the codes of an autoencoder of Imagenette at 64x64",
        data=Spec(imagenette64),
        latent=Spec(Gaussian, size=128),
        networks={
            "G": Spec(ViTGenerator, **transformer),
            "D": Spec(ViTDiscriminator, **transformer),
            "encoder": Spec(CodeEncoder, **frozen),
            "decoder": Spec(CodeDecoder, **frozen),
        },
        algorithm=Spec(
            LatentGAN,
            loss=Spec(NonSaturating),
            code_size=_CODE_SIZE,
            regularizers=(Spec(R1, gamma=1.0, every=4),),
            one_pass=True,
            reuse_fakes=laptop,
        ),
        optimizers={"G": optimizer, "D": optimizer},
        schedule=warmup_schedule(budget, 6000, batch=16) if laptop else with_scores(published, every=5000),
        papers=(VITGAN, LATENT_DIFFUSION),
    )
