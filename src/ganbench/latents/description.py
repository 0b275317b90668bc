"""Describe latent distributions as plain data, so that a program without ganbench can draw from them."""

from __future__ import annotations

from typing import Any

from ganbench.latents.distributions import Gaussian, Latent, NoiseAndCodes, NoiseAndRepresentation, Uniform


def describe_latent(latent: Latent) -> list[dict[str, Any]]:
    """Return the parts of a latent vector in order, as JSON-compatible dicts.

    Each has ``name``, ``size`` and ``distribution``:

    - ``normal``: independent N(0, 1) numbers; ``truncatable`` says whether truncation applies to them,
    - ``uniform``: independent numbers in [``low``, ``high``),
    - ``one_hot``: a 1 at a random place, all equally likely, and zeros,
    - ``other``: a distribution of the user's own.

    Example:
        >>> from ganbench.latents import Uniform
        >>> describe_latent(Uniform(8))
        [{'name': 'noise', 'size': 8, 'distribution': 'uniform', 'low': -1.0, 'high': 1.0}]
    """
    if isinstance(latent, Gaussian):
        return [_normal("noise", latent.size, truncatable=True)]
    if isinstance(latent, Uniform):
        return [_uniform("noise", latent.size, latent.low, latent.high)]
    if isinstance(latent, NoiseAndRepresentation):
        return [
            _normal("noise", latent.noise, truncatable=True),
            _normal("representation", latent.representation, truncatable=False),
        ]
    if isinstance(latent, NoiseAndCodes):
        parts = [_normal("noise", latent.noise, truncatable=True)]
        parts += [
            {"name": f"code {i + 1}", "size": values, "distribution": "one_hot"}
            for i, values in enumerate(latent.categorical)
        ]
        continuous = (
            _normal("continuous codes", latent.continuous, truncatable=False)
            if latent.normal
            else _uniform("continuous codes", latent.continuous, -1.0, 1.0)
        )
        return [part for part in [*parts, continuous] if part["size"]]
    return [{"name": type(latent).__name__, "size": latent.size, "distribution": "other"}]


def _normal(name: str, size: int, *, truncatable: bool) -> dict[str, Any]:
    return {"name": name, "size": size, "distribution": "normal", "truncatable": truncatable}


def _uniform(name: str, size: int, low: float, high: float) -> dict[str, Any]:
    return {"name": name, "size": size, "distribution": "uniform", "low": low, "high": high}
