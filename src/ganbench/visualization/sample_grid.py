"""The latents and labels of a grid of samples, arranged so that its rows and columns have a meaning."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ganbench.inference.model import Model
from ganbench.utils.random_stream import RandomStream
from ganbench.visualization.image_grid import sample_picture


@dataclass(frozen=True)
class SampleGrid:
    """The inputs of a grid of samples, row by row.

    ``latents`` is ``[rows * columns, size]``. ``labels`` holds the class of each latent, int64 ``[rows * columns]``,
    or its class weights, float ``[rows * columns, classes]``; None for models without classes.
    """

    latents: Tensor
    labels: Tensor | None
    columns: int | None = None

    def render_png(self, model: Model, real: Tensor | None = None, title: str = "") -> bytes:
        """Return the grid of samples as a PNG; points are drawn over the ``real`` ones."""
        samples = model.decode(self.latents, self.labels)
        return sample_picture(model.info, samples, real, title, columns=self.columns)


def make_sample_grid(
    model: Model, n: int, stream: RandomStream, truncation: float | None = None
) -> SampleGrid:
    """Return a grid of ``n`` random latents.

    A conditional model gets one column per class and ``max(1, n // classes)`` rows that each repeat one latent.
    ``truncation`` is as in :meth:`Model.draw_latents`.
    """
    classes = len(model.classes)
    if not classes:
        return SampleGrid(model.draw_latents(stream, n, truncation), None)
    rows = max(1, n // classes)
    z = model.draw_latents(stream, rows, truncation)
    return SampleGrid(z.repeat_interleave(classes, 0), torch.arange(classes).repeat(rows), classes)


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
