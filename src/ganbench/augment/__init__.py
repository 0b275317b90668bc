"""Random changes of pictures on their way to D."""

from ganbench.augment.affine import Affine
from ganbench.augment.base import Augmentation
from ganbench.augment.diff_augment import DiffAugment

__all__ = ["Affine", "Augmentation", "DiffAugment"]
