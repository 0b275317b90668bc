"""Attention maps of a generator: how strongly selected query positions attend to every other position."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganbench.errors import UserError
from ganbench.inference.model import Model
from ganbench.layers.attention import SelfAttention
from ganbench.visualization.image_grid import encode_png, image_grid

#: Query positions (y, x) as fractions of height and width: the centre and one in each quarter.
QUERY_POSITIONS = ((0.5, 0.5), (0.25, 0.25), (0.25, 0.75), (0.75, 0.25), (0.75, 0.75))


@torch.no_grad()
def attention_maps(model: Model, latents: Tensor, labels: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Return samples and the attention weights of the generator's last self-attention layer.

    Returns:
        The samples, uint8 ``[N, C, H, W]``, and the weights, ``[N, h, w, h, w]``: indices 1 and 2 are the query
        position, 3 and 4 the key position. The weights of each query sum to 1.

    Raises:
        UserError: the generator has no self-attention, or its samples are not images.
    """
    layers = [m for m in model.networks["G"].modules() if isinstance(m, SelfAttention)]
    if not layers or model.info.kind != "image":
        raise UserError("this model's generator has no self-attention; try sagan-cifar10")
    weights: list[Tensor] = []

    def record_weights(layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(layer, SelfAttention)
        sides = inputs[0].shape[2:]
        weights.append(layer.attention_weights(inputs[0]).reshape(-1, *sides, *sides).float().cpu())

    handle = layers[-1].register_forward_pre_hook(record_weights)
    try:
        samples = model.decode(latents, labels)
    finally:
        handle.remove()
    return samples, torch.cat(weights)


def attention_picture(model: Model, rows: int = 6, seed: int = 0) -> bytes:
    """Return a PNG with one sample per row, followed by a copy for each query position, brightened by its attention.

    A red dot marks the query. In each copy the key with the largest weight is the brightest. Raises UserError like
    :func:`attention_maps`.
    """
    samples, weights = attention_maps(model, model.latents(rows, seed))
    height, width = samples.shape[2:]
    cells = []
    for image, maps in zip(samples, weights, strict=True):
        rgb = image.expand(3, -1, -1)
        cells.append(rgb)
        for query_y, query_x in QUERY_POSITIONS:
            y, x = int(query_y * maps.shape[0]), int(query_x * maps.shape[1])
            relative = maps[y, x] / maps[y, x].max()
            brightness = nn.functional.interpolate(
                relative[None, None], size=(height, width), mode="bilinear"
            )[0]
            cell = (rgb * (0.15 + 0.85 * brightness)).round().to(torch.uint8)
            top, left = int(query_y * height), int(query_x * width)
            red = torch.tensor([255, 0, 0], dtype=torch.uint8)[:, None, None]
            cell[:, top - 1 : top + 1, left - 1 : left + 1] = red
            cells.append(cell)
    return encode_png(image_grid(torch.stack(cells), columns=1 + len(QUERY_POSITIONS)))
