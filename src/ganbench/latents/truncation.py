"""The truncation trick: latents closer to the mean give better samples with less variety.

Large Scale GAN Training for High Fidelity Natural Image Synthesis (BigGAN, 2018), arXiv:1809.11096. The paper redraws
numbers outside the bound. Here each number is mapped to the same quantile of the truncated distribution, which gives
the same distribution, and samples change smoothly with the bound.
"""

from __future__ import annotations

import math

from torch import Tensor
from torch.special import ndtr, ndtri

from ganbench.errors import UserError
from ganbench.latents.distributions import Gaussian, Latent, NoiseAndCodes, NoiseAndRepresentation


def noise_size(latent: Latent) -> int:
    """Return how many numbers at the start of a latent vector are N(0, 1) noise."""
    if isinstance(latent, Gaussian):
        return latent.size
    return latent.noise if isinstance(latent, NoiseAndCodes | NoiseAndRepresentation) else 0


def truncate_noise(latent: Latent, z: Tensor, bound: float) -> Tensor:
    """Return latents ``[N, size]`` with their N(0, 1) noise truncated to [-bound, bound].

    Raises:
        UserError: the bound is not above 0, or the latent has no normal noise.
    """
    count = noise_size(latent)
    if not bound > 0 or not math.isfinite(bound):
        raise UserError(f"the truncation must be a finite number above 0, not {bound}")
    if not count:
        raise UserError("this model's latent has no normal noise, so there is nothing to truncate")
    truncated = z.double()
    upper = ndtr(truncated.new_tensor(bound))
    quantiles = (1 - upper) + ndtr(truncated[:, :count]) * (2 * upper - 1)
    truncated[:, :count] = ndtri(quantiles).clamp(-bound, bound)
    return truncated.to(z.dtype)
