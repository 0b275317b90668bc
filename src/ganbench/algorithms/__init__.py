"""Which networks a kind of GAN has and which phases update them."""

from ganbench.algorithms.adversarial import Adversarial
from ganbench.algorithms.base import Algorithm

__all__ = ["Adversarial", "Algorithm"]
