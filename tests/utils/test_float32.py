from __future__ import annotations

from contextlib import suppress

import pytest
import torch

from ganbench.utils.float32 import float32_default


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float32])
def test_the_default_dtype_is_float32_inside_and_restored_behind(dtype: torch.dtype) -> None:
    torch.set_default_dtype(dtype)
    try:
        with suppress(RuntimeError), float32_default():
            assert torch.zeros(1).dtype == torch.float32
            raise RuntimeError
        assert torch.zeros(1).dtype == dtype
    finally:
        torch.set_default_dtype(torch.float32)


def test_the_default_device_is_the_cpu() -> None:
    @float32_default()
    def device() -> str:
        return torch.zeros(1).device.type

    with torch.device("meta"):
        assert device() == "cpu"
        assert torch.zeros(1).device.type == "meta"
    assert device() == "cpu"
