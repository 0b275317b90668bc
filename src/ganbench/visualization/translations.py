"""Images, their translations to each domain, and what to compare these with."""

from __future__ import annotations

import torch
from torch import Tensor

from ganbench.algorithms.capabilities import domains_of
from ganbench.data.pairs import TwoDomains
from ganbench.errors import UserError
from ganbench.inference.model import Model
from ganbench.utils.random_stream import RandomStream
from ganbench.visualization.image_grid import encode_png, image_grid

_COLUMNS = 20


def translation_picture(model: Model, rows: int = 1, seed: int = 0) -> bytes:
    """Return a PNG with ``rows`` groups of rows for each direction: sources, translations, and often a third.

    The third row holds translations back or, from a model of one direction, the counterparts, if the data have them.
    A model whose domains are classes gets one group: sources, then a row for each class. The sources are held out where
    the data set has a held-out split.

    Raises:
        UserError: the model does not translate.
    """
    domains = domains_of(model.algorithm)
    if not domains:
        raise UserError("this model does not translate; try cyclegan-mnist")
    data = model.real_data
    index = RandomStream(seed, "real").integers(rows * _COLUMNS, data.info.size)
    if isinstance(data, TwoDomains):
        groups = [_direction(model, data, index, target) for target in ("b", "a") if target in domains]
    else:
        source = data.items(index)
        groups = [[source, *(model.translate(source, target=target) for target in domains)]]
    blocks = [
        torch.stack([x.reshape(rows, _COLUMNS, *x.shape[1:]) for x in group], 1).flatten(0, 2)
        for group in groups
    ]
    return encode_png(image_grid(torch.cat(blocks), _COLUMNS))


def _direction(model: Model, data: TwoDomains, index: Tensor, target: str) -> list[Tensor]:
    """Return images of the domain that is not ``target``, their translations, and what to compare these with."""
    items = {"a": data.source_items, "b": data.items}
    other = {"a": "b", "b": "a"}[target]
    source = items[other](index)
    translation = model.translate(source, target=target)
    if other in domains_of(model.algorithm):
        return [source, translation, model.translate(translation, target=other)]
    return [source, translation, items[target](index)] if data.aligned else [source, translation]
