"""The class-conditional GAN with self-attention of vineeths96/Generative-Adversarial-Networks-GANs.

Self-Attention Generative Adversarial Networks, 2018, arXiv 1805.08318; ``sagan-cifar10`` is the paper's GAN.
"""

from __future__ import annotations

from ganbench.algorithms import Adversarial
from ganbench.conditioning import LabelPlane, LateConcat
from ganbench.config.spec import Spec
from ganbench.data.torchvision_sets import cifar10
from ganbench.latents import Gaussian
from ganbench.losses import NonSaturating
from ganbench.networks import DenseSAGANDiscriminator, DenseSAGANGenerator
from ganbench.recipes.base import Budget, Recipe, recipe
from ganbench.recipes.dcgan_ttur import TTUR
from ganbench.recipes.optimization import adam, warmup_schedule, with_scores
from ganbench.recipes.sagan import SAGAN
from ganbench.regularizers import LabelNoise
from ganbench.training.settings import Schedule


@recipe
def sagan_dense_cifar10(budget: Budget = "reference") -> Recipe:
    """The conditional SAGAN of vineeths96/Generative-Adversarial-Networks-GANs on CIFAR-10, with two learning rates.

    G starts from a dense 2x2 map with a plane for the class and enlarges it by nearest upsampling; D's last layers get
    the class's embedding. Both have 5x5 kernels with spectral norm, batch norm, and self-attention of full width at
    16x16. The loss is the non-saturating one with the soft labels of that work's DCGAN: the original calls its loss
    Wasserstein, but multiplies a sigmoid's output by labels of 1 and 0, so that D has no term for fakes, and D and G
    pursue the same goal. As in ``dcgan-ttur-cifar10``, D is updated on real and fake samples at once, G on new latents
    and classes, and every batch has its own statistics. Images are not flipped.

    At laptop size the networks have a quarter of the width, images are flipped, and both networks have the same
    learning rate: with the original's, D separates almost all samples within 400 steps.
    """
    laptop = budget == "laptop"
    width = 16 if laptop else 64
    short = adam(5e-4, (0.0, 0.99))
    return Recipe(
        name="sagan-dense-cifar10",
        summary="class-conditional GAN with self-attention and a dense first layer on CIFAR-10",
        data=Spec(cifar10) if laptop else Spec(cifar10, flip=False),
        latent=Spec(Gaussian, size=100),
        networks={
            "G": Spec(DenseSAGANGenerator, width=width, conditioning=Spec(LabelPlane, size=50)),
            "D": Spec(
                DenseSAGANDiscriminator, width=width, conditioning=Spec(LateConcat, size=50, hidden=512)
            ),
        },
        algorithm=Spec(
            Adversarial,
            loss=Spec(NonSaturating, real_target=0.95, fake_target=0.05),
            regularizers=(Spec(LabelNoise, real=0.05, fake=0.05),),
            reuse_fakes=laptop,
            labels="uniform",
        ),
        optimizers={
            "G": short if laptop else adam(1e-4, (0.5, 0.99)),
            "D": short if laptop else adam(4e-4, (0.5, 0.99)),
        },
        schedule=warmup_schedule(budget, 6000, batch=16)
        if laptop
        else with_scores(Schedule(steps=100_000, batch=128), every=2000),
        papers=(SAGAN, TTUR),
    )
