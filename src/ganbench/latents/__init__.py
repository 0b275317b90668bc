"""Latent distributions, interpolation and truncation."""

from ganbench.latents.distributions import (
    Codes,
    EmptyLatent,
    Gaussian,
    Latent,
    NoiseAndCodes,
    NoiseAndRepresentation,
    Uniform,
)

__all__ = [
    "Codes",
    "EmptyLatent",
    "Gaussian",
    "Latent",
    "NoiseAndCodes",
    "NoiseAndRepresentation",
    "Uniform",
]
