"""Images of two domains, their translations, and their translations back."""

from __future__ import annotations

import torch

from ganbench.errors import UserError
from ganbench.inference.model import Model
from ganbench.utils.random_stream import RandomStream
from ganbench.visualization.image_grid import encode_png, image_grid

_COLUMNS = 20


def translation_picture(model: Model, rows: int = 1, seed: int = 0) -> bytes:
    """Return a PNG with ``rows`` triples of rows for each domain: sources, translations, and translations back.

    The sources are held out where the data set has a held-out split.

    Raises:
        UserError: the model does not translate between two domains.
    """
    items_of_a = getattr(model.real_data, "source_items", None)
    if items_of_a is None:
        raise UserError("this model does not translate between two domains; try cyclegan-mnist")
    index = RandomStream(seed, "real").integers(rows * _COLUMNS, model.real_data.info.size)
    blocks = []
    for items, domain, target in ((items_of_a, "a", "b"), (model.real_data.items, "b", "a")):
        source = items(index)
        translation = model.translate(source, target=target)
        triple = [source, translation, model.translate(translation, target=domain)]
        blocks.append(torch.stack([x.reshape(rows, _COLUMNS, *x.shape[1:]) for x in triple], 1))
    return encode_png(image_grid(torch.cat(blocks).flatten(0, 2), _COLUMNS))
