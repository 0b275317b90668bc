"""Which networks a kind of GAN has and which phases update them."""

from ganbench.algorithms.adversarial import Adversarial
from ganbench.algorithms.auxiliary_classifier import AuxiliaryClassifier
from ganbench.algorithms.base import Algorithm
from ganbench.algorithms.bigan import BiGAN
from ganbench.algorithms.cyclegan import CycleGAN
from ganbench.algorithms.infogan import InfoGAN
from ganbench.algorithms.representation_gan import RepresentationGAN
from ganbench.algorithms.simsiam import SimSiam
from ganbench.algorithms.simsiam_gan import SimSiamGAN
from ganbench.algorithms.veegan import VEEGAN

__all__ = [
    "VEEGAN",
    "Adversarial",
    "Algorithm",
    "AuxiliaryClassifier",
    "BiGAN",
    "CycleGAN",
    "InfoGAN",
    "RepresentationGAN",
    "SimSiam",
    "SimSiamGAN",
]
