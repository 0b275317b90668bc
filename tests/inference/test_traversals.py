"""Principal directions of representations represent a sorted data set."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from tests.metrics.stand_ins import MemoryDataset

from ganbench.inference.traversals import _principal_directions


def test_principal_directions_are_those_of_all_classes_of_a_sorted_set() -> None:
    levels = (torch.arange(6000) // 1000 * 40).to(torch.uint8)  # six classes, one after another
    data = MemoryDataset(levels[:, None, None, None].expand(-1, 1, 2, 2).contiguous())
    model: Any = SimpleNamespace(real_data=data, encode=lambda items: items[:, 0, 0, :1].float().repeat(1, 3))
    center, steps = _principal_directions(model, 1)
    assert center[0] == 0, "the noise"
    assert float(center[1]) == pytest.approx(100, abs=5), "the first 2,000 images have a mean of 20"
    spread = float(levels.float().std(correction=0)) * 2**0.5  # of two equal numbers
    assert float(steps[0].norm()) == pytest.approx(spread, rel=0.05)
