"""Find tensors that hold NaN or infinity."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor


def nonfinite_names(tensors: Mapping[str, Tensor]) -> list[str]:
    """Return the names of the tensors with a number that is not finite."""
    return [name for name, tensor in tensors.items() if not bool(torch.isfinite(tensor).all())]


def describe_names(names: list[str]) -> str:
    """Return the first name and how many more there are, as in ``'G.weight' and 3 more``."""
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"'{names[0]}'{more}"
