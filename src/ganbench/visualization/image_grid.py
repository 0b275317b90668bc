"""Sample pictures: a grid of images, a scatter of points in the plane, a histogram of scalars."""

from __future__ import annotations

import io
import math

import numpy as np
from PIL import Image
from torch import Tensor

from ganbench.data.base import DataInfo
from ganbench.metrics.score import Gallery
from ganbench.visualization.figure import FAKE, REAL, png_bytes


def sample_picture(
    info: DataInfo,
    samples: Tensor,
    real: Tensor | None = None,
    title: str = "",
    *,
    columns: int | None = None,
) -> bytes:
    """Return samples in the data's own units as a PNG; for points, over the real ones.

    ``samples`` is uint8 ``[N, C, H, W]`` or float ``[N, D]``; the same samples give the same bytes. Pictures stand in
    ``columns``, as many as rows unless given.
    """
    if info.kind == "image":
        return png(image_grid(samples, columns))
    return _scatter(info, samples, real, title)


def image_grid(pictures: Tensor, columns: int | None = None, gap: int = 1, least: int = 384) -> Image.Image:
    """Tile uint8 pictures ``[N, C, H, W]`` row by row; enlarged by a whole factor to at least ``least`` pixels wide."""
    n, channels, height, width = pictures.shape
    columns = columns or math.ceil(math.sqrt(n))
    rows = math.ceil(n / columns)
    sheet = np.full((rows * (height + gap) + gap, columns * (width + gap) + gap, channels), 255, np.uint8)
    for i, picture in enumerate(pictures.permute(0, 2, 3, 1).numpy()):
        top, left = (gap + (i // columns) * (height + gap), gap + (i % columns) * (width + gap))
        sheet[top : top + height, left : left + width] = picture
    image = Image.fromarray(sheet if channels == 3 else sheet[:, :, 0])
    factor = max(1, round(least / image.width))
    return image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)


def png_of_grid(gallery: Gallery) -> bytes:
    """Return the pictures of a gallery, tiled in its columns, as a PNG."""
    return png(image_grid(gallery.pictures, gallery.columns))


def png(image: Image.Image) -> bytes:
    """Return an image as a PNG, the same bytes for the same pixels."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _scatter(info: DataInfo, samples: Tensor, real: Tensor | None, title: str) -> bytes:
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
    return png_bytes(figure)
