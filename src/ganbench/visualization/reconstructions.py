"""Real images next to their reconstructions by a model with an encoder."""

from __future__ import annotations

import torch

from ganbench.errors import UserError
from ganbench.inference.model import Model
from ganbench.utils.random_stream import RandomStream
from ganbench.visualization.image_grid import encode_png, image_grid

_COLUMNS = 10


def reconstruction_picture(model: Model, rows: int = 5, seed: int = 0) -> bytes:
    """Return a PNG with ``rows`` pairs of rows: ten real images, and below each its reconstruction.

    The images are held out where the data set has a held-out split.

    Raises:
        UserError: the data are not images, or the model has no encoder.
    """
    if model.info.kind != "image":
        raise UserError("reconstructions can be drawn for images only; this model's samples are points")
    index = RandomStream(seed, "real").integers(rows * _COLUMNS, model.real_data.info.size)
    real = model.real_data.items(index)
    pairs = torch.stack([x.reshape(rows, _COLUMNS, *x.shape[1:]) for x in (real, model.reconstruct(real))], 1)
    return encode_png(image_grid(pairs.flatten(0, 2), _COLUMNS))
