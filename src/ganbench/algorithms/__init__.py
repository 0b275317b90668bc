"""Training algorithms: the networks of each kind of GAN, and the phases that update them."""

from ganbench.algorithms.aae import AAE
from ganbench.algorithms.adversarial import Adversarial
from ganbench.algorithms.auxiliary_classifier import AuxiliaryClassifier
from ganbench.algorithms.base import Algorithm, GenerativeAlgorithm
from ganbench.algorithms.bigan import BiGAN
from ganbench.algorithms.cut import CUT
from ganbench.algorithms.cyclegan import CycleGAN
from ganbench.algorithms.infogan import InfoGAN
from ganbench.algorithms.latent_gan import LatentGAN
from ganbench.algorithms.pix2pix import Pix2Pix
from ganbench.algorithms.representation_gan import RepresentationGAN
from ganbench.algorithms.simsiam import SimSiam
from ganbench.algorithms.simsiam_gan import SimSiamGAN
from ganbench.algorithms.stargan import StarGAN
from ganbench.algorithms.stylegan2 import StyleGAN2
from ganbench.algorithms.vae_gan import VAEGAN
from ganbench.algorithms.veegan import VEEGAN

__all__ = [
    "AAE",
    "CUT",
    "VAEGAN",
    "VEEGAN",
    "Adversarial",
    "Algorithm",
    "AuxiliaryClassifier",
    "BiGAN",
    "CycleGAN",
    "GenerativeAlgorithm",
    "InfoGAN",
    "LatentGAN",
    "Pix2Pix",
    "RepresentationGAN",
    "SimSiam",
    "SimSiamGAN",
    "StarGAN",
    "StyleGAN2",
]
