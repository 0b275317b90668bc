"""Where a generator's self-attention looks: for some positions of a sample, how much they heed each other position."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganbench.errors import UserError
from ganbench.inference.model import Model
from ganbench.layers.attention import SelfAttention
from ganbench.visualization.image_grid import image_grid, png

#: Positions that are asked, as shares of height and width: the middle and one in each quarter.
ASKED = ((0.5, 0.5), (0.25, 0.25), (0.25, 0.75), (0.75, 0.25), (0.75, 0.75))


@torch.no_grad()
def attention_shares(model: Model, latents: Tensor, labels: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Return the samples of these latents, uint8 ``[N, C, H, W]``, and G's attention, ``[N, h, w, h, w]``.

    The first two positions ask, the last two are heeded, with shares of sum 1. Of several layers the last is taken.

    Raises:
        UserError: G has no self-attention, or its samples are no pictures.
    """
    layers = [m for m in model.networks["G"].modules() if isinstance(m, SelfAttention)]
    if not layers or model.info.kind != "image":
        raise UserError("this model's generator has no self-attention to be shown; sagan-cifar10's has")
    seen: list[Tensor] = []

    def note(layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(layer, SelfAttention)
        sides = inputs[0].shape[2:]
        seen.append(layer.shares(inputs[0]).reshape(-1, *sides, *sides).float().cpu())

    handle = layers[-1].register_forward_pre_hook(note)
    try:
        samples = model.decode(latents, labels)
    finally:
        handle.remove()
    return samples, torch.cat(seen)


def attention_picture(model: Model, rows: int = 6, seed: int = 0) -> bytes:
    """Return as a PNG, row by row, a sample and then its copies lit by what one position heeds (a red dot: which).

    The brightest position of each copy has the largest share. Raises UserError as :func:`attention_shares` does.
    """
    samples, shares = attention_shares(model, model.latents(rows, seed))
    height, width = samples.shape[2:]
    cells = []
    for picture, maps in zip(samples, shares, strict=True):
        colour = picture.expand(3, -1, -1)
        cells.append(colour)
        for down, right in ASKED:
            y, x = int(down * maps.shape[0]), int(right * maps.shape[1])
            heeded = maps[y, x] / maps[y, x].max()
            light = nn.functional.interpolate(heeded[None, None], size=(height, width), mode="bilinear")[0]
            lit = (colour * (0.15 + 0.85 * light)).round().to(torch.uint8)
            top, left = int(down * height), int(right * width)
            lit[:, top - 1 : top + 1, left - 1 : left + 1] = torch.tensor([255, 0, 0], dtype=torch.uint8)[
                :, None, None
            ]
            cells.append(lit)
    return png(image_grid(torch.stack(cells), columns=1 + len(ASKED)))
