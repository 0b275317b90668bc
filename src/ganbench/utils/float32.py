"""Compute in float32 on the CPU by default, whatever defaults the caller has set in torch."""

from __future__ import annotations

from contextlib import ContextDecorator, nullcontext
from typing import Any

import torch


class float32_default(ContextDecorator):
    """Make float32 torch's default dtype and the CPU its default device, inside a block or a decorated function.

    Otherwise ``torch.set_default_dtype(torch.float64)`` would change random numbers, and so the samples of a seed.
    This is no generator, since one that is never closed restores the defaults when it is collected as garbage.
    """

    def __enter__(self) -> None:
        self._dtype, device = torch.get_default_dtype(), torch.get_default_device()
        self._device = nullcontext() if device.type == "cpu" else torch.device("cpu")
        torch.set_default_dtype(torch.float32)
        self._device.__enter__()

    def __exit__(self, *error: Any) -> None:
        self._device.__exit__(*error)
        torch.set_default_dtype(self._dtype)

    def _recreate_cm(self) -> float32_default:
        return float32_default()  # each call of a decorated function has its own defaults to restore
