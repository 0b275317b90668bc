"""What the codes of a structured latent do: each in turn goes through its values while all else stays."""

from __future__ import annotations

import torch

from ganbench.errors import UserError
from ganbench.inference.model import Model
from ganbench.latents import Codes
from ganbench.utils.random_stream import RandomStream
from ganbench.visualization.sample_grid import Arrangement

_VALUES = 10  # of a continuous code


def sweep_arrangement(
    model: Model, rows: int, draws: RandomStream, values: int = _VALUES, reach: float = 2.0
) -> Arrangement:
    """Return ``rows`` rows for each code, one below the other: the columns are the code's values.

    Row i of every code starts from the same latent. A continuous code goes from ``-reach`` to ``reach``, a
    categorical one through its values; those with fewer values than columns begin anew.

    Raises:
        UserError: the latent has no codes.
    """
    codes: Codes | None = getattr(model.latent, "codes", None)
    if codes is None:
        raise UserError("this model's latent has no codes that could be swept; InfoGAN's have")
    columns = max((*codes.categorical, values if codes.continuous else 0))
    base = model.latent.draw(draws, rows).repeat_interleave(columns, 0)
    start, blocks = base.shape[1] - codes.size, []
    for size in codes.categorical:
        block = base.clone()
        block[:, start : start + size] = torch.eye(size)[torch.arange(columns) % size].repeat(rows, 1)
        blocks.append(block)
        start += size
    for number in range(start, start + codes.continuous):
        block = base.clone()
        block[:, number] = torch.linspace(-reach, reach, columns).repeat(rows)
        blocks.append(block)
    return Arrangement(torch.cat(blocks), None, columns)
