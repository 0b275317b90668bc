"""Real items beside what a model with an encoder makes of them."""

from __future__ import annotations

import torch

from ganbench.errors import UserError
from ganbench.inference.model import Model
from ganbench.utils.random_stream import RandomStream
from ganbench.visualization.image_grid import image_grid, png

_COLUMNS = 10


def reconstruction_picture(model: Model, rows: int = 5, seed: int = 0) -> bytes:
    """Return as a PNG ``rows`` pairs of rows: ten real items, held out where possible, and below what became of each.

    Raises:
        UserError: the items are no pictures, or the model has no encoder.
    """
    if model.info.kind != "image":
        raise UserError("reconstructions are drawn of pictures, and this model's samples are points")
    index = RandomStream(seed, "real").integers(rows * _COLUMNS, model.items.info.size)
    real = model.items.items(index)
    pairs = torch.stack([x.reshape(rows, _COLUMNS, *x.shape[1:]) for x in (real, model.reconstruct(real))], 1)
    return png(image_grid(pairs.flatten(0, 2), _COLUMNS))
