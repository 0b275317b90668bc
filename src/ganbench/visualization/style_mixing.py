"""A sheet of mixed styles: coarse layers take the style of the row's sample, fine layers that of the column's."""

from __future__ import annotations

import torch

from ganbench.algorithms.capabilities import MixesStyles
from ganbench.errors import UserError
from ganbench.inference.model import Model
from ganbench.visualization.image_grid import sample_picture

COLUMNS = 8


def style_mixing_picture(model: Model, rows: int, seed: int) -> bytes:
    """Return a PNG: the top row shows the samples that give fine styles, the first column those that give coarse ones.

    Raises:
        UserError: the model has no styles.
    """
    algorithm = model.algorithm
    if not isinstance(algorithm, MixesStyles):
        raise UserError(f"{type(algorithm).__name__} has no styles to mix; the recipe stylegan2-cifar10 has")
    latents = model.latents(rows + COLUMNS, seed)
    coarse, fine = latents[:rows], latents[rows:]
    mixed = algorithm.mix_styles(
        model.networks, coarse.repeat_interleave(COLUMNS, 0), fine.repeat(rows, *(1,) * (fine.dim() - 1))
    )
    top, first, cells = model.decode(fine), model.decode(coarse), model.decode(mixed)
    blank = torch.full_like(top[:1], 255)
    sheet = [blank, top]
    for row in range(rows):
        sheet += [first[row : row + 1], cells[row * COLUMNS : (row + 1) * COLUMNS]]
    return sample_picture(model.info, torch.cat(sheet), columns=COLUMNS + 1)
