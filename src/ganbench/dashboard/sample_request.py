"""A request for samples from the playground, and the latents and labels that it selects."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from ganbench.errors import UserError
from ganbench.inference.directions import directions
from ganbench.inference.model import Model
from ganbench.inference.traversals import interpolate_latents
from ganbench.latents import Codes
from ganbench.utils.random_stream import RandomStream
from ganbench.visualization.sample_grid import SampleGrid, make_sample_grid

MAX_SAMPLES = {"image": 256, "points": 5000}
MAX_SEED = 2**31 - 1
INTERPOLATION_COLUMNS = 10
_MAX_AMOUNT = 100


@dataclass(frozen=True, kw_only=True)
class SampleRequest:
    """A request for samples.

    Attributes:
        n: The number of samples, or of interpolations.
        seed: Determines the latents.
        to_seed: Interpolate from the latents of ``seed`` to those of this seed, in ten columns. None: sample only.
        label: A class number. None: all classes, one after the other.
        truncation: The bound on the noise. None: not truncated.
        categorical: Pairs of a categorical code's index and its value. Other codes stay random.
        continuous: Pairs of a continuous code's index and its value. Other codes stay random.
        directions: Pairs of a latent direction's index and the distance to move along it.
        representations: Where representation-conditioned models take their representations from.
    """

    n: int = 16
    seed: int = 0
    to_seed: int | None = None
    label: int | None = None
    truncation: float | None = None
    categorical: tuple[tuple[int, int], ...] = ()
    continuous: tuple[tuple[int, float], ...] = ()
    directions: tuple[tuple[int, float], ...] = ()
    representations: str | None = None


def build_sample_grid(model: Model, request: SampleRequest) -> SampleGrid:
    """Return the latents and labels of a request.

    Raises:
        UserError: a number is out of range, or the model does not support the request.
    """
    _check(model, request)
    if request.to_seed is not None:
        grid = _interpolate_seeds(model, request, request.to_seed)
    elif request.label is None and len(model.classes) <= request.n:
        grid = make_sample_grid(model, request.n, RandomStream(request.seed, "sample"), request.truncation)
    else:
        grid = SampleGrid(_latents(model, request, request.seed), _labels(model, request))
    z = apply_directions(model, grid.latents, request)
    return SampleGrid(set_codes(model, z, request), grid.labels, grid.columns, grid.names)


def _interpolate_seeds(model: Model, request: SampleRequest, to_seed: int) -> SampleGrid:
    columns = INTERPOLATION_COLUMNS
    start, end = (_latents(model, request, seed) for seed in (request.seed, to_seed))
    steps = [interpolate_latents(model, start, end, i / (columns - 1)) for i in range(columns)]
    labels = _labels(model, request)
    labels = None if labels is None else labels.repeat_interleave(columns)
    return SampleGrid(torch.stack(steps, 1).flatten(0, 1), labels, columns)


def _labels(model: Model, request: SampleRequest) -> Tensor | None:
    return model.labels(request.n) if request.label is None else torch.full((request.n,), request.label)


def _latents(model: Model, request: SampleRequest, seed: int) -> Tensor:
    return model.latents(request.n, seed, truncation=request.truncation)


def apply_directions(model: Model, z: Tensor, request: SampleRequest) -> Tensor:
    """Return latents ``[N, size]`` moved along the requested directions.

    Raises:
        UserError: the model has no such direction, or the distance is above 100.
    """
    if not request.directions:
        return z
    available = directions(model, z[:1])
    for index, distance in request.directions:
        if not 0 <= index < len(available) or not abs(distance) <= _MAX_AMOUNT:
            raise UserError(f"there is no direction {index} that allows a distance of {distance}")
        z = z + distance * available[index].to(z)
    return z


def set_codes(model: Model, z: Tensor, request: SampleRequest) -> Tensor:
    """Return latents ``[N, size]`` with the requested codes set and everything else unchanged.

    Raises:
        UserError: the latent has no such code, or the code cannot take the value.
    """
    if not request.categorical and not request.continuous:
        return z
    codes = latent_codes(model)
    if codes is None:
        raise UserError("this model's latent has no codes to set")
    result = z.clone()
    start = z.shape[1] - codes.size
    for index, value in request.categorical:
        if not 0 <= index < len(codes.categorical) or not 0 <= value < codes.categorical[index]:
            raise UserError(f"there is no categorical code {index} with a value {value}")
        first, size = start + sum(codes.categorical[:index]), codes.categorical[index]
        result[:, first : first + size] = one_hot(torch.tensor(value), size).to(z.dtype)
    for index, number in request.continuous:
        if not 0 <= index < codes.continuous or not abs(number) <= _MAX_AMOUNT:
            raise UserError(f"there is no continuous code {index} that can be {number}")
        result[:, start + sum(codes.categorical) + index] = number
    return result


def latent_codes(model: Model) -> Codes | None:
    """Return the codes in the model's latent, or None if it has none."""
    codes: Codes | None = getattr(model.latent, "codes", None)
    return codes


def max_samples(model: Model, *, interpolate: bool) -> int:
    """Return the largest ``n`` of a request; an interpolation counts as ten samples."""
    return MAX_SAMPLES[model.info.kind] // (INTERPOLATION_COLUMNS if interpolate else 1)


def _check(model: Model, request: SampleRequest) -> None:
    limit = max_samples(model, interpolate=request.to_seed is not None)
    if not 1 <= request.n <= limit:
        raise UserError(f"the number of samples must be from 1 to {limit}, not {request.n}")
    for seed in (request.seed, request.to_seed or 0):
        if not 0 <= seed <= MAX_SEED:
            raise UserError(f"a seed must be from 0 to {MAX_SEED}, not {seed}")
    if request.label is not None and not 0 <= request.label < len(model.classes):
        raise UserError(f"there is no class {request.label}; the model has {len(model.classes)} classes")
