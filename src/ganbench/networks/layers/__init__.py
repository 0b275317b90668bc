"""The pieces networks are made of, one idea a file."""

from ganbench.networks.layers.initialisation import normal_weights, zero_biases
from ganbench.networks.layers.normalisation import Norm1d, Norm2d, norm_1d, norm_2d
from ganbench.networks.layers.spectral import spectrally_normalised

__all__ = [
    "Norm1d",
    "Norm2d",
    "norm_1d",
    "norm_2d",
    "normal_weights",
    "spectrally_normalised",
    "zero_biases",
]
