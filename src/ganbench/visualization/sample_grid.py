"""Which latents and which classes make a picture of rows and columns, so that both can be read."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ganbench.inference.model import Model
from ganbench.utils.random_stream import RandomStream
from ganbench.visualization.image_grid import sample_picture


@dataclass(frozen=True)
class Arrangement:
    """Latents ``[rows * columns, size]`` row by row, and the class of each (int64, or weights of classes), if any."""

    latents: Tensor
    labels: Tensor | None
    columns: int | None = None

    def picture(self, model: Model, real: Tensor | None = None, title: str = "") -> bytes:
        """Return the model's samples so arranged, as a PNG; points lie over the ``real`` ones."""
        samples = model.decode(self.latents, self.labels)
        return sample_picture(model.info, samples, real, title, columns=self.columns)


def grid_of(model: Model, n: int, draws: RandomStream, truncation: float | None = None) -> Arrangement:
    """Return ``n`` latents from ``draws``; of a model of classes, ``n // classes`` rows (at least one).

    Then each row is one latent in every class, and each column a class. ``truncation`` is as in :meth:`Model.draw`.
    """
    classes = len(model.classes)
    if not classes:
        return Arrangement(model.draw(draws, n, truncation), None)
    rows = max(1, n // classes)
    z = model.draw(draws, rows, truncation)
    return Arrangement(z.repeat_interleave(classes, 0), torch.arange(classes).repeat(rows), classes)


def class_paths(model: Model, rows: int, columns: int, seed: int) -> Arrangement:
    """Return walks from class to class: each row has a latent of its own and goes from one class to the next.

    The weights of the two classes change in equal steps over the columns. Raises ValueError without classes.
    """
    classes = len(model.classes)
    if classes < 2 or columns < 2:
        raise ValueError("a walk between classes needs two of them and two columns")
    z = model.latents(rows, seed).repeat_interleave(columns, 0)
    share = torch.linspace(0, 1, columns).repeat(rows)[:, None]
    start = torch.eye(classes)[torch.arange(rows) % classes].repeat_interleave(columns, 0)
    end = torch.eye(classes)[(torch.arange(rows) + 1) % classes].repeat_interleave(columns, 0)
    return Arrangement(z, (1 - share) * start + share * end, columns)
