"""The sheet of mixed styles: sources at the margins, mixed samples inside, a sentence for models without styles."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tests.support.training import tiny_recipe

from ganbench.errors import UserError
from ganbench.experiment.train import train
from ganbench.inference.load import load
from ganbench.visualization.interpolations import interpolation_grid
from ganbench.visualization.style_mixing import COLUMNS, style_mixing_picture


def test_the_margins_are_the_sources(tmp_path: Path) -> None:
    run = train(
        tiny_recipe("stylegan2-cifar10", {"schedule.steps": 1, "schedule.sample_every": 0}),
        out=tmp_path / "r",
    )
    model = load(run)
    picture = Image.open(io.BytesIO(style_mixing_picture(model, 2, seed=3)))
    side = model.info.shape[1]
    factor = picture.width // (COLUMNS * (side + 1) + side + 2)
    pixels = np.asarray(picture)[factor // 2 :: factor, factor // 2 :: factor]

    def cell(row: int, column: int) -> torch.Tensor:
        top, left = 1 + row * (side + 1), 1 + column * (side + 1)
        return torch.from_numpy(pixels[top : top + side, left : left + side].copy()).permute(2, 0, 1)

    samples = model.decode(model.latents(2 + COLUMNS, seed=3))
    assert bool((cell(0, 0) == 255).all())
    for shown, sample in ((cell(1, 0), samples[0]), (cell(2, 0), samples[1]), (cell(0, 4), samples[2 + 3])):
        assert (shown.int() - sample.int()).abs().max() <= 1  # batches of another size round differently
    assert not torch.equal(cell(1, 4), cell(2, 4))
    straight = interpolation_grid(model, 1, seed=3, columns=3)
    torch.testing.assert_close(straight.latents[1], (straight.latents[0] + straight.latents[2]) / 2)


def test_a_model_without_styles_is_refused(tmp_path: Path) -> None:
    run = train(tiny_recipe("gan-ring8", {"schedule.steps": 1}), out=tmp_path / "r")
    with pytest.raises(UserError, match="Adversarial has no styles to mix; the recipe stylegan2-cifar10 has"):
        style_mixing_picture(load(run), 2, seed=0)
