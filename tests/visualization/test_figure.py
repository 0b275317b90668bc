"""Plots for a light and a dark page."""

from __future__ import annotations

import io

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from ganbench.visualization.figure import FAKE, REAL, dark_plot, figure_png, is_plot
from ganbench.visualization.image_grid import encode_png


def colours(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


@pytest.mark.parametrize("colour", [FAKE, REAL])
def test_a_dark_plot_is_light_on_dark_with_the_same_hues(colour: str) -> None:
    figure = Figure(figsize=(1, 1), facecolor="white")
    figure.add_axes((0.25, 0.25, 0.5, 0.5), facecolor=colour).set(xticks=[], yticks=[])
    light = figure_png(figure)
    dark = dark_plot(light)
    assert is_plot(dark)
    assert colours(light)[0, 0].tolist() == [255, 255, 255]
    assert colours(dark)[0, 0].tolist() == [23, 23, 23]  # 0.09 of white
    before, after = colours(light)[50, 50], colours(dark)[50, 50]
    assert before.argmax() == after.argmax()  # still blue, or green
    assert before.argmin() == after.argmin()


def test_samples_are_no_plot() -> None:
    assert not is_plot(encode_png(Image.new("RGB", (4, 4))))
    assert not is_plot(encode_png(Image.new("L", (4, 4))))
