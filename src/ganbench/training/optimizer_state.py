"""The state of optimizers that a checkpoint holds."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.optim import Optimizer


def match_memory_format(optimizer: Optimizer) -> None:
    """Give loaded state, such as Adam's moments, the memory format of its parameter, which fused kernels need."""
    for parameter, tensors in optimizer.state.items():
        for name, value in tensors.items():
            if isinstance(value, Tensor) and value.shape == parameter.shape:
                tensors[name] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)
