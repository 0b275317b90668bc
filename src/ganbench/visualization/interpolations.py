"""Ways through latent space from each latent to the next one, in rows."""

from __future__ import annotations

import torch

from ganbench.inference.directions import vectors
from ganbench.inference.model import Model
from ganbench.latents.interpolation import lerp, slerp
from ganbench.latents.truncation import normal_numbers
from ganbench.visualization.sample_grid import Arrangement

COLUMNS = 10


def interpolations(
    model: Model,
    rows: int,
    seed: int,
    columns: int = COLUMNS,
    *,
    straight: bool = False,
    truncation: float | None = None,
) -> Arrangement:
    """Return ``rows`` ways of ``columns`` points, each from a latent to the next one; of one class a row.

    Normal noise and representations go on great arcs, each by itself, unless all is to go ``straight``; other numbers
    always do. Raises UserError as :func:`vectors`.
    """
    ends = vectors(model, rows + 1, seed, truncation)
    share = torch.linspace(0, 1, columns).repeat(rows)[:, None]
    start, end = (z.repeat_interleave(columns, 0) for z in (ends[:-1], ends[1:]))
    sizes = [ends.shape[1]] if straight else _sizes(model, ends.shape[1])
    curved = (
        0 if straight else sum(sizes) if model.algorithm.prepares_latents else normal_numbers(model.latent)
    )
    parts, at = [], 0
    for a, b in zip(*(torch.split(z, sizes, 1) for z in (start, end)), strict=True):
        parts.append((slerp if at < curved else lerp)(a, b, share))
        at += a.shape[1]
    labels = model.labels(rows)
    told = None if labels is None else labels.repeat_interleave(columns)
    return Arrangement(torch.cat(parts, 1), told, columns)


def _sizes(model: Model, size: int) -> list[int]:
    if model.algorithm.prepares_latents:
        sizes: list[int] = model.algorithm.lengths(model.networks, size)
        return sizes
    noise = normal_numbers(model.latent)
    return [part for part in (noise, size - noise) if part]
