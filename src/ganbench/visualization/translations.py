"""Pictures of two domains, as they are, translated, and translated back."""

from __future__ import annotations

import torch

from ganbench.errors import UserError
from ganbench.inference.model import Model
from ganbench.utils.random_stream import RandomStream
from ganbench.visualization.image_grid import image_grid, png

_COLUMNS = 20


def translation_picture(model: Model, rows: int = 1, seed: int = 0) -> bytes:
    """Return as a PNG ``rows`` triples of rows for each domain: sources, held out if possible, translations, and back.

    Raises:
        UserError: the model translates nothing.
    """
    given = getattr(model.items, "given", None)
    if given is None:
        raise UserError("this model knows no two domains to translate between; cyclegan-mnist does")
    index = RandomStream(seed, "real").integers(rows * _COLUMNS, model.items.info.size)
    blocks = []
    for take, back in ((given, False), (model.items.items, True)):
        there = model.translate(take(index), back=back)
        triple = [take(index), there, model.translate(there, back=not back)]
        blocks.append(torch.stack([x.reshape(rows, _COLUMNS, *x.shape[1:]) for x in triple], 1))
    return png(image_grid(torch.cat(blocks).flatten(0, 2), _COLUMNS))
