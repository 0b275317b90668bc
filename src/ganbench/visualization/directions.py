"""Directions of latent space that a generator's first layer heeds most, in closed form.

Closed-Form Factorization of Latent Semantics in GANs (SeFa), 2020, arXiv:2007.06600.
"""

from __future__ import annotations

import torch

from ganbench.inference.directions import directions, vectors
from ganbench.inference.model import Model
from ganbench.visualization.interpolations import COLUMNS
from ganbench.visualization.sample_grid import Arrangement


def direction_arrangement(
    model: Model, rows: int, seed: int, columns: int = COLUMNS, reach: float = 3.0
) -> Arrangement:
    """Return one latent moved by the ``rows`` foremost :func:`directions`, each from ``-reach`` to ``reach`` times.

    Raises:
        UserError: samples are no pictures, or do not start from vectors that one layer heeds as a whole.
    """
    z = vectors(model, 1, seed)
    found = directions(model, z)[:rows]
    moved = z + torch.linspace(-reach, reach, columns)[None, :, None] * found[:, None, :]
    labels = model.labels(1)
    told = None if labels is None else labels.repeat(len(found) * columns)
    return Arrangement(moved.flatten(0, 1), told, columns)
