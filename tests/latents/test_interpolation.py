"""Interpolation between two vectors, compared with closed forms."""

from __future__ import annotations

import math

import pytest
import torch

from ganbench.latents.interpolation import slerp


def test_slerp_of_orthogonal_parallel_and_opposite_vectors() -> None:
    start, end = torch.tensor([[2.0, 0.0]]), torch.tensor([[0.0, 4.0]])
    half = slerp(start, end, torch.tensor([[0.5]]))
    assert half[0].tolist() == pytest.approx([3 / math.sqrt(2)] * 2, rel=1e-5)
    third = slerp(start, end, torch.tensor([[1 / 3]]))
    assert math.degrees(math.atan2(third[0, 1], third[0, 0])) == pytest.approx(30, abs=1e-3)
    along = slerp(start, start * 2, torch.tensor([[0.5]]))
    assert along[0].tolist() == pytest.approx([3.0, 0.0])
    opposite = slerp(start, -start, torch.tensor([[0.25]]))
    assert opposite[0].tolist() == pytest.approx([1.0, 0.0])
