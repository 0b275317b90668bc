"""Samples moved along the latent directions that change a generator's first layer most.

Closed-Form Factorization of Latent Semantics in GANs (SeFa), 2020, arXiv:2007.06600.
"""

from __future__ import annotations

import torch

from ganbench.inference.directions import directions, latent_vectors
from ganbench.inference.model import Model
from ganbench.visualization.interpolations import COLUMNS
from ganbench.visualization.sample_grid import SampleGrid


def direction_grid(
    model: Model, rows: int, seed: int, columns: int = COLUMNS, max_distance: float = 3.0
) -> SampleGrid:
    """Return a grid whose row k moves one latent along the k-th of the model's :func:`directions`.

    Each row runs from ``-max_distance`` to ``max_distance`` times the direction.

    Raises:
        UserError: samples are not images, or no layer takes the whole latent vector as its input.
    """
    z = latent_vectors(model, 1, seed)
    top = directions(model, z)[:rows]
    moved = z + torch.linspace(-max_distance, max_distance, columns)[None, :, None] * top[:, None, :]
    labels = model.labels(1)
    repeated = None if labels is None else labels.repeat(len(top) * columns)
    return SampleGrid(moved.flatten(0, 1), repeated, columns)
