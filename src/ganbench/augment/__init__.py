"""Random augmentations of the images that D sees in training, one per file."""

from ganbench.augment.ada import ADA
from ganbench.augment.affine import Affine
from ganbench.augment.base import AdaptiveAugmentation, Augmentation
from ganbench.augment.diff_augment import DiffAugment
from ganbench.augment.image_noise import ImageNoise

__all__ = ["ADA", "AdaptiveAugmentation", "Affine", "Augmentation", "DiffAugment", "ImageNoise"]
