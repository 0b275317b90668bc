"""Latent traversals: paths through latent space, one for each code or direction of a model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ganbench.algorithms.representation_conditioned import RepresentationConditionedGAN
from ganbench.data.subset import random_index
from ganbench.errors import UserError
from ganbench.inference.directions import directions, latent_vectors
from ganbench.inference.model import Model
from ganbench.latents import Codes, Gaussian

MAX_DIRECTIONS = 10
POINTS = 5
REACH = 2.0
_PCA_ITEMS = 2000


@dataclass(frozen=True)
class LatentTraversals:
    """Latents along each direction of a model.

    Attributes:
        kind: What the directions are, in words.
        latents: Latents ``[rows, points, size]`` by the name of the direction. Row i of every direction starts from
            the same latent.
    """

    kind: str
    latents: Mapping[str, Tensor]


def latent_traversals(model: Model, rows: int, seed: int) -> LatentTraversals:
    """Return traversals of ``rows`` latents along each direction of the model; the rest of a latent stays fixed.

    The directions are the latent's codes, if it has codes; else the principal directions of real images'
    representations, if samples are conditioned on these; else the closed-form :func:`directions` of G's first layer.
    A categorical code takes all its values. Every other component goes from -2 to 2 in equal steps: of the code
    itself, in standard deviations along a principal direction, or in the root mean square of the latent's numbers.

    Raises:
        UserError: the model has no directions, or its samples start from images.
    """
    z = latent_vectors(model, rows, seed)
    codes: Codes | None = getattr(model.latent, "codes", None)
    if codes is not None:
        return LatentTraversals("codes", _code_traversals(z, codes))
    kind, center, steps = _directions(model, z)
    return LatentTraversals(
        kind, {f"direction-{k + 1}": _traverse(z, center, step) for k, step in enumerate(steps)}
    )


def latent_coordinates(model: Model, rows: int, seed: int) -> tuple[Tensor, dict[str, Tensor]]:
    """Return latents ``[rows, size]``, and their coordinates ``[rows]`` along the model's directions, by name.

    The names and directions are those of :func:`latent_traversals`. A categorical code's coordinate is its number.

    Raises:
        UserError: the model has no directions, or its samples start from images.
    """
    z = latent_vectors(model, rows, seed)
    codes: Codes | None = getattr(model.latent, "codes", None)
    if codes is not None:
        return z, _code_values(z, codes)
    _, center, steps = _directions(model, z)
    units = torch.nn.functional.normalize(steps, dim=1)
    return z, {f"direction-{k + 1}": (z - center) @ unit for k, unit in enumerate(units)}


def _directions(model: Model, z: Tensor) -> tuple[str, Tensor, Tensor]:
    """Return the kind of the model's directions, the latent ``[size]`` they start from, and steps ``[K, size]``."""
    if isinstance(model.algorithm, RepresentationConditionedGAN):
        kind = "principal directions of the representations of real pictures"
        return kind, *_principal_directions(model, model.algorithm.noise)
    steps = directions(model, z)[:MAX_DIRECTIONS]
    return "closed-form directions of G's first layer", torch.zeros(steps.shape[1]), steps


def _code_traversals(z: Tensor, codes: Codes) -> dict[str, Tensor]:
    traversals, start = {}, z.shape[1] - codes.size
    for number, values in enumerate(codes.categorical):
        path = z[:, None].repeat(1, values, 1)
        path[:, :, start : start + values] = torch.eye(values)
        traversals[f"categorical-{number + 1}"] = path
        start += values
    for number in range(codes.continuous):
        path = z[:, None].repeat(1, POINTS, 1)
        path[:, :, start + number] = torch.linspace(-REACH, REACH, POINTS)
        traversals[f"continuous-{number + 1}"] = path
    return traversals


def _code_values(z: Tensor, codes: Codes) -> dict[str, Tensor]:
    values, start = {}, z.shape[1] - codes.size
    for number, count in enumerate(codes.categorical):
        values[f"categorical-{number + 1}"] = z[:, start : start + count].argmax(1)
        start += count
    for number in range(codes.continuous):
        values[f"continuous-{number + 1}"] = z[:, start + number]
    return values


def _traverse(z: Tensor, center: Tensor, step: Tensor) -> Tensor:
    """Return latents ``[rows, points, size]`` that go from -2 to 2 times ``step`` from the center along it."""
    unit = torch.nn.functional.normalize(step, dim=0)
    base = z - ((z - center) @ unit)[:, None] * unit
    return base[:, None] + torch.linspace(-REACH, REACH, POINTS)[:, None] * step


def _principal_directions(model: Model, noise: int) -> tuple[Tensor, Tensor]:
    """Return the mean latent of real images, and their first principal directions, one standard deviation long."""
    count = min(_PCA_ITEMS, model.real_data.info.size)
    if count < 2:
        raise UserError("principal directions need at least 2 real images")
    # Random images: the first ones of a sorted set are of few classes.
    index = random_index(model.real_data.info.size, count)
    latents = model.encode(model.real_data.items(index))
    latents[:, :noise] = 0
    center = latents.mean(0)
    _, singular_values, vectors = torch.linalg.svd((latents - center).double(), full_matrices=False)
    steps = singular_values[:, None] / count**0.5 * vectors
    return center, steps[singular_values > singular_values[0] * 1e-6][:MAX_DIRECTIONS].float()


def interpolate_latents(model: Model, a: Tensor, b: Tensor, t: float) -> Tensor:
    """Interpolate between latents ``a`` and ``b``, ``[N, size]`` each; ``t`` from 0 to 1.

    For a Gaussian, the linear interpolation is divided by its standard deviation, so that it is distributed like a
    random latent; for other latents, it is linear.
    """
    mixed = (1 - t) * a + t * b
    return mixed / math.hypot(1 - t, t) if isinstance(model.latent, Gaussian) else mixed
