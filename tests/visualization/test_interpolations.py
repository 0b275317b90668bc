"""Interpolations: their ends, their lengths, and which parts are spherical."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tests.support.training import tiny_recipe

from ganbench.data.base import DataInfo
from ganbench.data.shapes import shapes
from ganbench.data.toy import ring8
from ganbench.errors import UserError
from ganbench.inference.model import Model
from ganbench.inference.snapshots import untrained_model
from ganbench.visualization.export import write_interpolations
from ganbench.visualization.interpolations import interpolation_grid

SHAPES = shapes(40).info


def bare(name: str, info: DataInfo = SHAPES) -> Model:
    return untrained_model(tiny_recipe(name), info)


def test_rows_start_and_end_at_consecutive_latents() -> None:
    model = bare("dcgan-cifar10")
    ends = model.latents(4, 5)
    grid = interpolation_grid(model, 3, 5, columns=7)
    assert grid.columns == 7
    z = grid.latents.reshape(3, 7, -1)
    torch.testing.assert_close(z[:, 0], ends[:-1])
    torch.testing.assert_close(z[:, -1], ends[1:])
    lengths = z.norm(dim=2)
    torch.testing.assert_close(lengths, torch.lerp(lengths[:, :1], lengths[:, -1:], torch.linspace(0, 1, 7)))
    linear = interpolation_grid(model, 3, 5, columns=3, linear=True).latents.reshape(3, 3, -1)
    torch.testing.assert_close(linear[:, 1], (ends[:-1] + ends[1:]) / 2)


def test_codes_are_interpolated_linearly_and_noise_spherically() -> None:
    model = bare("infogan-shapes")
    noise = model.latent.noise  # type: ignore[attr-defined]
    ends, latents = model.latents(2, 1), interpolation_grid(model, 1, 1, columns=3).latents
    torch.testing.assert_close(latents[1, noise:], (ends[0] + ends[1])[noise:] / 2)
    assert latents[1, :noise].norm() == pytest.approx(ends[:, :noise].norm(dim=1).mean().item(), rel=1e-4)


def test_points_and_other_file_formats_are_rejected(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="samples are points"):
        interpolation_grid(bare("gan-ring8", ring8().info), 2, 0)
    with pytest.raises(UserError, match=r"give --out FILE\.png"):
        write_interpolations(bare("dcgan-cifar10"), tmp_path / "x.npz", 2, 0)
