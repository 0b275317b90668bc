"""Rows of samples that interpolate from each latent to the next."""

from __future__ import annotations

import torch
from torch import Tensor

from ganbench.algorithms.capabilities import PreparesLatents, SplitsLatents
from ganbench.inference.directions import latent_vectors
from ganbench.inference.model import Model
from ganbench.latents.interpolation import lerp, slerp
from ganbench.latents.truncation import noise_size
from ganbench.visualization.sample_grid import SampleGrid

COLUMNS = 10


def interpolation_grid(
    model: Model,
    rows: int,
    seed: int,
    columns: int = COLUMNS,
    *,
    linear: bool = False,
    truncation: float | None = None,
) -> SampleGrid:
    """Return a grid whose row i interpolates from latent i to latent i + 1; all samples of a row have one class.

    Styles are interpolated linearly. Normal noise and representations are interpolated spherically, each on its own,
    unless ``linear``. Other parts of the latent are always interpolated linearly. Raises UserError like
    :func:`latent_vectors`.
    """
    ends = latent_vectors(model, rows + 1, seed, truncation)
    labels = model.labels(rows)
    repeated = None if labels is None else labels.repeat_interleave(columns)
    return SampleGrid(interpolate_rows(model, ends, columns, linear=linear), repeated, columns)


def interpolate_rows(model: Model, ends: Tensor, columns: int, *, linear: bool = False) -> Tensor:
    """Return latents ``[R * columns, size]`` that go from each of ``ends`` ``[R + 1, size]`` to the next, with both.

    The interpolation is that of :func:`interpolation_grid`.
    """
    weight = torch.linspace(0, 1, columns).repeat(len(ends) - 1)[:, None]
    start, end = (z.repeat_interleave(columns, 0) for z in (ends[:-1], ends[1:]))
    sizes = [ends.shape[1]] if linear else _part_sizes(model, ends.shape[1])
    spherical = 0 if linear else _spherical_size(model, ends.shape[1])
    parts, offset = [], 0
    for a, b in zip(*(torch.split(z, sizes, 1) for z in (start, end)), strict=True):
        parts.append((slerp if offset < spherical else lerp)(a, b, weight))
        offset += a.shape[1]
    return torch.cat(parts, 1)


def _spherical_size(model: Model, size: int) -> int:
    """Return how many of a latent's first numbers are interpolated spherically."""
    if isinstance(model.algorithm, SplitsLatents):
        return size
    return 0 if isinstance(model.algorithm, PreparesLatents) else noise_size(model.latent)


def _part_sizes(model: Model, size: int) -> list[int]:
    """Return the sizes of the parts of a latent, such as its noise and its codes."""
    if isinstance(model.algorithm, SplitsLatents):
        return model.algorithm.latent_sizes(model.networks, size)
    if isinstance(model.algorithm, PreparesLatents):  # such as styles
        return [size]
    noise = noise_size(model.latent)
    return [part for part in (noise, size - noise) if part]
