"""Regularizers of the discriminator and constraints on weights, one per file."""

from ganbench.regularizers.base import Constraint, Critic, Regularizer
from ganbench.regularizers.consistency import Consistency
from ganbench.regularizers.dragan import Dragan
from ganbench.regularizers.gradient_norm import gradient_norm, squared_gradient_norm
from ganbench.regularizers.gradient_penalty import GradientPenalty
from ganbench.regularizers.label_noise import LabelNoise
from ganbench.regularizers.latent_consistency import LatentConsistency
from ganbench.regularizers.lecam import LeCam
from ganbench.regularizers.r1 import R1
from ganbench.regularizers.r2 import R2
from ganbench.regularizers.scheduled import Scheduled
from ganbench.regularizers.weight_clip import WeightClip

__all__ = [
    "R1",
    "R2",
    "Consistency",
    "Constraint",
    "Critic",
    "Dragan",
    "GradientPenalty",
    "LabelNoise",
    "LatentConsistency",
    "LeCam",
    "Regularizer",
    "Scheduled",
    "WeightClip",
    "gradient_norm",
    "squared_gradient_norm",
]
