"""Layers and weight initialisation that networks share."""

from ganbench.layers.attention import SelfAttention
from ganbench.layers.initialisation import init_icnr, init_normal, init_orthogonal, init_zero_biases
from ganbench.layers.maxout import Maxout
from ganbench.layers.normalisation import Norm1d, Norm2d, norm_1d, norm_2d
from ganbench.layers.resampling import downsample, upsample
from ganbench.layers.spectral import apply_spectral_norm
from ganbench.layers.stochastic import Dropout, GaussianNoise

__all__ = [
    "Dropout",
    "GaussianNoise",
    "Maxout",
    "Norm1d",
    "Norm2d",
    "SelfAttention",
    "apply_spectral_norm",
    "downsample",
    "init_icnr",
    "init_normal",
    "init_orthogonal",
    "init_zero_biases",
    "norm_1d",
    "norm_2d",
    "upsample",
]
