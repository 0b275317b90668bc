"""Files of seeded random weights that stand in for published ones, which tests do not have."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from ganbench.metrics.extractors.weights import PublishedWeights


def randomised(state: Mapping[str, Tensor], seed: int = 0) -> dict[str, Tensor]:
    """Return tensors of those names and shapes with which signals neither vanish nor grow through many layers."""
    generator = torch.Generator().manual_seed(seed)
    found = {}
    for key, value in state.items():
        if not value.is_floating_point():
            found[key] = torch.zeros(value.shape, dtype=value.dtype)
        elif value.ndim >= 2 and key.endswith("weight"):
            fan_in = value[0].numel()
            found[key] = torch.randn(value.shape, generator=generator) * (2 / fan_in) ** 0.5
        else:
            middle = 1.0 if key.endswith(("weight", "running_var", "gamma")) else 0.0
            found[key] = middle + 0.4 * (torch.rand(value.shape, generator=generator) - 0.5)
    return found


def saved(state: Mapping[str, Tensor], path: Path, features: str = "random") -> PublishedWeights:
    """Save a state dict and return it as if it had been published, at an address where nobody listens."""
    torch.save(dict(state), path)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return PublishedWeights(features, path.name, f"http://127.0.0.1:9/{path.name}", sha256)
