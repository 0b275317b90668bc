"""Compute in float32 on the CPU by default, whatever defaults the caller has set in torch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import torch


@contextmanager
def float32_default() -> Iterator[None]:
    """Make float32 torch's default dtype and the CPU its default device, inside a block or a decorated function.

    Otherwise ``torch.set_default_dtype(torch.float64)`` would change random numbers, and so the samples of a seed.
    """
    dtype, device = torch.get_default_dtype(), torch.get_default_device()
    torch.set_default_dtype(torch.float32)
    try:
        with nullcontext() if device.type == "cpu" else torch.device("cpu"):
            yield
    finally:
        torch.set_default_dtype(dtype)
