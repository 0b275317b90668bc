"""A walk through the latents: from one sample to the next without a jump, and back to where it began."""

from __future__ import annotations

from itertools import pairwise

import torch
from PIL import Image
from torch import Tensor

from ganbench.inference.model import Model
from ganbench.inference.traversals import between
from ganbench.visualization.animation import opened
from ganbench.visualization.image_grid import sample_picture


def latent_walk(
    model: Model, *, points: int = 8, frames: int = 12, n: int = 16, seed: int = 0
) -> list[Tensor]:
    """Return the latents ``[n, size]`` of each frame of a walk of ``n`` samples over so many points, in a circle.

    ``frames`` lie between two points; the last frame is one before the first, so the walk can be repeated.
    """
    drawn = model.latents(points * n, seed).reshape(points, n, -1)
    ends = [*drawn, drawn[0]]
    return [between(model, a, b, i / frames) for a, b in pairwise(ends) for i in range(frames)]


@torch.no_grad()
def walk_frames(
    model: Model, *, points: int = 8, frames: int = 12, n: int = 16, seed: int = 0
) -> list[Image.Image]:
    """Return the pictures of a walk, one for each frame (see :func:`latent_walk`)."""
    n = n if model.info.kind == "image" else 500  # a cloud of points needs more
    walk = latent_walk(model, points=points, frames=frames, n=n, seed=seed)
    return [opened(sample_picture(model.info, model.decode(latents))) for latents in walk]
