"""Latents nearer to the middle: less variety, better samples.

The truncation trick is from Large Scale GAN Training for High Fidelity Natural Image Synthesis (BigGAN), 2018,
arXiv:1809.11096. There numbers beyond the bound are drawn anew; here each is moved to the same quantile of the
truncated distribution, which is the same distribution, and samples change smoothly with the bound.
"""

from __future__ import annotations

import math

from torch import Tensor
from torch.special import ndtr, ndtri

from ganbench.errors import UserError
from ganbench.latents.distributions import Gaussian, Latent, Structured, WithRepresentation


def normal_numbers(latent: Latent) -> int:
    """Return how many numbers, the first ones, are standard normal noise; 0 if none are."""
    if isinstance(latent, Gaussian):
        return latent.size
    return latent.noise if isinstance(latent, Structured | WithRepresentation) else 0


def truncated(latent: Latent, z: Tensor, bound: float) -> Tensor:
    """Return latents ``[N, size]`` whose noise, N(0, 1) before, is truncated to [-bound, bound].

    Raises:
        UserError: the bound is not above 0, or the latent has no normal noise.
    """
    count = normal_numbers(latent)
    if not bound > 0 or not math.isfinite(bound):
        raise UserError(f"the truncation must be a number above 0, not {bound}")
    if not count:
        raise UserError("this model's latent has no normal noise, so there is nothing to truncate")
    moved = z.double()
    most = ndtr(moved.new_tensor(bound))
    quantiles = (1 - most) + ndtr(moved[:, :count]) * (2 * most - 1)
    moved[:, :count] = ndtri(quantiles).clamp(-bound, bound)
    return moved.to(z.dtype)
