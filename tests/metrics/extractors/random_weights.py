"""Files of seeded random weights in place of published ones."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from ganbench.metrics.extractors.weights import PublishedWeights


def randomise(state: Mapping[str, Tensor], seed: int = 0) -> dict[str, Tensor]:
    """Return random tensors with these names and shapes, scaled so that activations neither vanish nor explode."""
    generator = torch.Generator().manual_seed(seed)
    randomised = {}
    for key, value in state.items():
        if not value.is_floating_point():
            randomised[key] = torch.zeros(value.shape, dtype=value.dtype)
        elif value.ndim >= 2 and key.endswith("weight"):
            fan_in = value[0].numel()
            randomised[key] = torch.randn(value.shape, generator=generator) * (2 / fan_in) ** 0.5
        else:
            middle = 1.0 if key.endswith(("weight", "running_var", "gamma")) else 0.0
            randomised[key] = middle + 0.4 * (torch.rand(value.shape, generator=generator) - 0.5)
    return randomised


def save_weights(state: Mapping[str, Tensor], path: Path, features: str = "random") -> PublishedWeights:
    """Save a state dict and return its description, with a URL that no server answers."""
    torch.save(dict(state), path)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return PublishedWeights(features, path.name, f"http://127.0.0.1:9/{path.name}", sha256)
