"""The latents and labels of a grid of samples, arranged so that its rows and columns have a meaning."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ganbench.inference.model import Model
from ganbench.utils.random_stream import RandomStream
from ganbench.visualization.image_grid import sample_picture

_MIN_COLUMNS = 8  # fewer classes get several columns each


@dataclass(frozen=True)
class SampleGrid:
    """The inputs of a grid of samples, row by row.

    ``latents`` is ``[rows * columns, size]``. ``labels`` holds the class of each latent, int64 ``[rows * columns]``,
    or its class weights, float ``[rows * columns, classes]``; None for models without classes. ``names`` are headings
    of equal shares of the columns, from left to right, if they have some.
    """

    latents: Tensor
    labels: Tensor | None
    columns: int | None = None
    names: tuple[str, ...] = ()

    def render_png(self, model: Model, *, headings: bool = False) -> bytes:
        """Return the grid of samples as a PNG, with its names above the columns of images if ``headings`` is set."""
        samples = model.decode(self.latents, self.labels)
        names = self.names if headings else ()
        return sample_picture(model.info, samples, columns=self.columns, headings=names)


def make_sample_grid(
    model: Model, n: int, stream: RandomStream, truncation: float | None = None
) -> SampleGrid:
    """Return a grid of about ``n`` random latents.

    A conditional model gets one column per class, or several for few classes, from left to right. Each row repeats its
    latents in every class. ``truncation`` is as in :meth:`Model.draw_latents`.
    """
    classes = len(model.classes)
    if not classes:
        return SampleGrid(model.draw_latents(stream, n, truncation), None)
    each = max(1, min(_MIN_COLUMNS, n) // classes)  # columns of a class
    rows = max(1, n // (classes * each))
    z = model.draw_latents(stream, rows * each, truncation)
    repeated = z.reshape(rows, 1, each, *z.shape[1:]).expand(rows, classes, each, *z.shape[1:]).flatten(0, 2)
    labels = torch.arange(classes).repeat_interleave(each).repeat(rows)
    return SampleGrid(repeated, labels, classes * each, model.classes)


def class_walk_grid(model: Model, rows: int, columns: int, seed: int) -> SampleGrid:
    """Return a grid whose row i interpolates linearly from class i to class i + 1 (modulo the number of classes).

    Each row has its own latent, which stays fixed. Raises ValueError with fewer than two classes or columns.
    """
    classes = len(model.classes)
    if classes < 2 or columns < 2:
        raise ValueError("a walk between classes needs at least two classes and two columns")
    z = model.latents(rows, seed).repeat_interleave(columns, 0)
    weight = torch.linspace(0, 1, columns).repeat(rows)[:, None]
    start = torch.eye(classes)[torch.arange(rows) % classes].repeat_interleave(columns, 0)
    end = torch.eye(classes)[(torch.arange(rows) + 1) % classes].repeat_interleave(columns, 0)
    return SampleGrid(z, (1 - weight) * start + weight * end, columns)
