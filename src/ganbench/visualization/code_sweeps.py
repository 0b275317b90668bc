"""Sweeps of latent codes: one code takes all its values while the rest of the latent stays fixed."""

from __future__ import annotations

import torch

from ganbench.errors import UserError
from ganbench.inference.model import Model
from ganbench.latents import Codes
from ganbench.utils.random_stream import RandomStream
from ganbench.visualization.sample_grid import SampleGrid

_CONTINUOUS_VALUES = 10


def code_sweep_grid(
    model: Model,
    rows: int,
    stream: RandomStream,
    continuous_values: int = _CONTINUOUS_VALUES,
    max_value: float = 2.0,
) -> SampleGrid:
    """Return a grid with ``rows`` rows for each code, one code below the other, and the code's values in the columns.

    Row i of every code uses the same latent. A continuous code runs from ``-max_value`` to ``max_value``. A
    categorical code runs through its values and starts over if it has fewer values than there are columns.

    Raises:
        UserError: the latent has no codes.
    """
    codes: Codes | None = getattr(model.latent, "codes", None)
    if codes is None:
        raise UserError("this model's latent has no codes to sweep; try an InfoGAN")
    columns = max((*codes.categorical, continuous_values if codes.continuous else 0))
    base = model.latent.draw(stream, rows).repeat_interleave(columns, 0)
    start, blocks = base.shape[1] - codes.size, []
    for size in codes.categorical:
        block = base.clone()
        block[:, start : start + size] = torch.eye(size)[torch.arange(columns) % size].repeat(rows, 1)
        blocks.append(block)
        start += size
    for index in range(start, start + codes.continuous):
        block = base.clone()
        block[:, index] = torch.linspace(-max_value, max_value, columns).repeat(rows)
        blocks.append(block)
    return SampleGrid(torch.cat(blocks), None, columns)
