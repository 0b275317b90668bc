"""Random augmentations of the images that D sees in training, one per file."""

from ganbench.augment.ada import ADA
from ganbench.augment.affine import Affine
from ganbench.augment.apa import APA
from ganbench.augment.base import AdaptiveAugmentation, Augmentation, PseudoAugmentation
from ganbench.augment.diff_augment import DiffAugment
from ganbench.augment.image_noise import ImageNoise

__all__ = [
    "ADA",
    "APA",
    "AdaptiveAugmentation",
    "Affine",
    "Augmentation",
    "DiffAugment",
    "ImageNoise",
    "PseudoAugmentation",
]
