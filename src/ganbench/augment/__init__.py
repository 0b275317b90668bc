"""Random changes of pictures on their way to D."""

from ganbench.augment.ada import ADA
from ganbench.augment.affine import Affine
from ganbench.augment.base import Adaptive, Augmentation
from ganbench.augment.diff_augment import DiffAugment

__all__ = ["ADA", "Adaptive", "Affine", "Augmentation", "DiffAugment"]
