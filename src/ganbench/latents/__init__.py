"""Latent distributions, interpolation and truncation."""

from ganbench.latents.distributions import (
    Codes,
    FromItems,
    Gaussian,
    Latent,
    Structured,
    Uniform,
    WithRepresentation,
)

__all__ = ["Codes", "FromItems", "Gaussian", "Latent", "Structured", "Uniform", "WithRepresentation"]
