"""A closed walk through latent space: smooth from one random latent to the next and back to the start."""

from __future__ import annotations

from itertools import pairwise

import torch
from PIL import Image
from torch import Tensor

from ganbench.inference.model import Model
from ganbench.inference.traversals import interpolate_latents
from ganbench.visualization.animation import decode_png
from ganbench.visualization.image_grid import image_grid, sample_picture


def latent_walk(
    model: Model, *, points: int = 8, frames: int = 12, n: int = 16, seed: int = 0
) -> list[Tensor]:
    """Return the latents ``[n, size]`` of each frame, ``points * frames`` in total.

    ``n`` latents walk in parallel. Each visits ``points`` random latents, with ``frames`` frames from one to the next.
    The last frame comes just before the first, so the walk loops without a jump.
    """
    latents = model.latents(points * n, seed).reshape(points, n, -1)
    stops = [*latents, latents[0]]
    return [interpolate_latents(model, a, b, i / frames) for a, b in pairwise(stops) for i in range(frames)]


@torch.no_grad()
def render_walk(
    model: Model, *, points: int = 8, frames: int = 12, n: int = 16, seed: int = 0
) -> list[Image.Image]:
    """Return a :func:`latent_walk` as images, one per frame; models of points show 500 of them in each frame."""
    if model.info.kind == "image":
        walk = latent_walk(model, points=points, frames=frames, n=n, seed=seed)
        return [image_grid(model.decode(latents)).convert("RGB") for latents in walk]
    walk = latent_walk(model, points=points, frames=frames, n=500, seed=seed)
    return [decode_png(sample_picture(model.info, model.decode(latents))) for latents in walk]
