"""Which networks a kind of GAN has and which phases update them."""

from ganbench.algorithms.adversarial import Adversarial
from ganbench.algorithms.auxiliary_classifier import AuxiliaryClassifier
from ganbench.algorithms.base import Algorithm
from ganbench.algorithms.bigan import BiGAN
from ganbench.algorithms.cyclegan import CycleGAN
from ganbench.algorithms.infogan import InfoGAN
from ganbench.algorithms.simsiam import SimSiam
from ganbench.algorithms.veegan import Veegan

__all__ = [
    "Adversarial",
    "Algorithm",
    "AuxiliaryClassifier",
    "BiGAN",
    "CycleGAN",
    "InfoGAN",
    "SimSiam",
    "Veegan",
]
