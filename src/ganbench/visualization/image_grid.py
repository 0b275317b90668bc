"""Pictures of samples: a grid of images, a scatter plot of points in the plane, or a histogram of scalars."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from ganbench.data.base import DataInfo
from ganbench.metrics.score import Gallery
from ganbench.visualization.figure import FAKE, REAL, figure_png

_HEADING_SIZE, _HEADING_HEIGHT, _HEADING_MIN_SHARE = 12, 18, 24  # pixels


def sample_picture(
    info: DataInfo,
    samples: Tensor,
    real: Tensor | None = None,
    title: str = "",
    *,
    columns: int | None = None,
    headings: Sequence[str] = (),
) -> bytes:
    """Return samples as a PNG; the same samples give the same bytes.

    Args:
        info: Describes the data set.
        samples: Samples in data units: images, uint8 ``[N, C, H, W]``, or points, float ``[N, D]``.
        real: Real points to draw behind the samples; unused for images.
        title: The title of a plot of points; unused for images.
        columns: Columns of the image grid. By default the grid is about square.
        headings: Texts above equal shares of the grid's columns; unused for points.
    """
    if info.kind == "image":
        return encode_png(add_headings(image_grid(samples, columns), headings))
    return _plot_points(info, samples, real, title)


def image_grid(images: Tensor, columns: int | None = None, gap: int = 1, min_width: int = 384) -> Image.Image:
    """Tile uint8 images ``[N, C, H, W]`` row by row with ``gap`` white pixels between them.

    A grid narrower than about ``min_width`` pixels is enlarged by an integer factor, without smoothing.
    """
    n, channels, height, width = images.shape
    columns = columns or math.ceil(math.sqrt(n))
    rows = math.ceil(n / columns)
    sheet = np.full((rows * (height + gap) + gap, columns * (width + gap) + gap, channels), 255, np.uint8)
    for i, image in enumerate(images.permute(0, 2, 3, 1).numpy()):
        top, left = (gap + (i // columns) * (height + gap), gap + (i % columns) * (width + gap))
        sheet[top : top + height, left : left + width] = image
    grid = Image.fromarray(sheet if channels == 3 else sheet[:, :, 0])
    factor = max(1, round(min_width / grid.width))
    return grid.resize((grid.width * factor, grid.height * factor), Image.Resampling.NEAREST)


def add_headings(grid: Image.Image, texts: Sequence[str]) -> Image.Image:
    """Return an image with a white strip above it that holds a text over each of equal shares of its width.

    A text that is too long for its share is cut; if even a few letters do not fit, there is no strip.
    """
    share = grid.width / max(len(texts), 1)
    if not texts or share < _HEADING_MIN_SHARE:
        return grid
    font = ImageFont.load_default(_HEADING_SIZE)
    result = Image.new(
        grid.mode, (grid.width, grid.height + _HEADING_HEIGHT), 255 if grid.mode == "L" else "white"
    )
    result.paste(grid, (0, _HEADING_HEIGHT))
    draw = ImageDraw.Draw(result)
    for i, text in enumerate(texts):
        fitting = next(
            (text[:end] for end in range(len(text), 0, -1) if draw.textlength(text[:end], font) <= share - 2),
            "",
        )
        centre = ((i + 0.5) * share, _HEADING_HEIGHT / 2)
        draw.text(centre, fitting, 0 if grid.mode == "L" else "black", font, anchor="mm")
    return result


def gallery_png(gallery: Gallery) -> bytes:
    """Return a gallery's images as a PNG grid."""
    return encode_png(image_grid(gallery.images, gallery.columns))


def encode_png(image: Image.Image, *, optimize: bool = True) -> bytes:
    """Return an image as PNG bytes, which are smaller and take longer if ``optimize``.

    The same pixels give the same bytes.
    """
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=optimize)
    return buffer.getvalue()


def _plot_points(info: DataInfo, samples: Tensor, real: Tensor | None, title: str) -> bytes:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4, 4), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    if info.shape == (1,):
        bins = np.linspace(info.low, info.high, 61).tolist()
        if real is not None:
            axes.hist(real[:, 0].numpy(), bins=bins, density=True, color=REAL, alpha=0.6, label="real")
        axes.hist(samples[:, 0].numpy(), bins=bins, density=True, color=FAKE, alpha=0.6, label="generated")
    else:
        if real is not None:
            axes.scatter(real[:, 0], real[:, 1], s=4, c=REAL, alpha=0.5, linewidths=0, label="real")
        axes.scatter(samples[:, 0], samples[:, 1], s=4, c=FAKE, alpha=0.5, linewidths=0, label="generated")
        axes.set(xlim=(info.low, info.high), ylim=(info.low, info.high), aspect="equal")
    axes.set_title(title)
    axes.legend(loc="upper right", markerscale=3)
    return figure_png(figure)
