"""The pieces networks are made of, one idea a file."""

from ganbench.layers.attention import SelfAttention
from ganbench.layers.initialisation import normal_weights, zero_biases
from ganbench.layers.maxout import Maxout
from ganbench.layers.normalisation import Norm1d, Norm2d, norm_1d, norm_2d
from ganbench.layers.resampling import depth_to_space, depth_to_space_up, space_to_depth, space_to_depth_down
from ganbench.layers.spectral import spectrally_normalised
from ganbench.layers.stochastic import Dropout, GaussianNoise

__all__ = [
    "Dropout",
    "GaussianNoise",
    "Maxout",
    "Norm1d",
    "Norm2d",
    "SelfAttention",
    "depth_to_space",
    "depth_to_space_up",
    "norm_1d",
    "norm_2d",
    "normal_weights",
    "space_to_depth",
    "space_to_depth_down",
    "spectrally_normalised",
    "zero_biases",
]
