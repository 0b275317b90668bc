"""What a person asks a generator for, and the latents and classes that this means."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from ganbench.errors import UserError
from ganbench.inference.directions import directions
from ganbench.inference.model import Model
from ganbench.inference.traversals import between
from ganbench.latents import Codes
from ganbench.utils.random_stream import RandomStream
from ganbench.visualization.sample_grid import Arrangement, grid_of

MOST = {"image": 256, "points": 5000}  # samples
MOST_SEED = 2**31 - 1
_COLUMNS = 10  # of a way from one seed to another


@dataclass(frozen=True, kw_only=True)
class SampleRequest:
    """``n`` samples of a seed, or so many ways to ``to_seed``, in ten steps each.

    ``label`` is a class number (None: each class in turn), ``truncation`` the bound of the noise (None: none),
    ``categorical`` and ``continuous`` are values of the latent's codes by their numbers; other codes stay as drawn.
    ``directions`` are how far to go along those that G's first layer heeds most, by their numbers, and
    ``representations`` whose samples are made of, for models that are conditioned on them.
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


def arranged(model: Model, wish: SampleRequest) -> Arrangement:
    """Return the latents and classes that are asked for.

    Raises:
        UserError: a number is out of range, or the model has no such thing.
    """
    _check(model, wish)
    if wish.to_seed is not None:
        asked = _ways(model, wish, wish.to_seed)
    elif wish.label is None and len(model.classes) <= wish.n:
        asked = grid_of(
            model, wish.n, RandomStream(wish.seed, "sample"), wish.truncation
        )  # of classes: a column each, a latent in each row
    else:
        asked = Arrangement(_latents(model, wish, wish.seed), _labels(model, wish))
    z = moved(model, asked.latents, wish)
    return Arrangement(with_codes(model, z, wish), asked.labels, asked.columns)


def _ways(model: Model, wish: SampleRequest, to_seed: int) -> Arrangement:
    start, end = (_latents(model, wish, seed) for seed in (wish.seed, to_seed))
    steps = [between(model, start, end, i / (_COLUMNS - 1)) for i in range(_COLUMNS)]
    labels = _labels(model, wish)
    labels = None if labels is None else labels.repeat_interleave(_COLUMNS)
    return Arrangement(torch.stack(steps, 1).flatten(0, 1), labels, _COLUMNS)


def _labels(model: Model, wish: SampleRequest) -> Tensor | None:
    return model.labels(wish.n) if wish.label is None else torch.full((wish.n,), wish.label)


def _latents(model: Model, wish: SampleRequest, seed: int) -> Tensor:
    return model.latents(wish.n, seed, truncation=wish.truncation)


def moved(model: Model, z: Tensor, wish: SampleRequest) -> Tensor:
    """Return latents ``[N, size]`` moved along the directions that are asked for.

    Raises:
        UserError: the model has no such direction, or the way is too far.
    """
    if not wish.directions:
        return z
    known = directions(model, z[:1])
    for number, amount in wish.directions:
        if not 0 <= number < len(known) or not abs(amount) <= 100:
            raise UserError(f"there is no direction {number} along which one could go {amount}")
        z = z + amount * known[number].to(z)
    return z


def with_codes(model: Model, z: Tensor, wish: SampleRequest) -> Tensor:
    """Return latents ``[N, size]`` with the codes that are asked for, all else as it was.

    Raises:
        UserError: the latent has no such code, or the code no such value.
    """
    if not wish.categorical and not wish.continuous:
        return z
    codes = codes_of(model)
    if codes is None:
        raise UserError("this model's latent has no codes that could be set")
    changed = z.clone()
    start = z.shape[1] - codes.size
    for number, value in wish.categorical:
        if not 0 <= number < len(codes.categorical) or not 0 <= value < codes.categorical[number]:
            raise UserError(f"there is no categorical code {number} with a value {value}")
        first, size = start + sum(codes.categorical[:number]), codes.categorical[number]
        changed[:, first : first + size] = one_hot(torch.tensor(value), size).to(z.dtype)
    for number, amount in wish.continuous:
        if not 0 <= number < codes.continuous or not abs(amount) <= 100:
            raise UserError(f"there is no continuous code {number} that could be {amount}")
        changed[:, start + sum(codes.categorical) + number] = amount
    return changed


def codes_of(model: Model) -> Codes | None:
    """Return the codes of the model's latent, None if it has none."""
    found: Codes | None = getattr(model.latent, "codes", None)
    return found


def _check(model: Model, wish: SampleRequest) -> None:
    most = MOST[model.info.kind] // (_COLUMNS if wish.to_seed is not None else 1)
    if not 1 <= wish.n <= most:
        raise UserError(f"from 1 to {most} samples can be drawn at a time, not {wish.n}")
    for seed in (wish.seed, wish.to_seed or 0):
        if not 0 <= seed <= MOST_SEED:
            raise UserError(f"a seed is a number from 0 to {MOST_SEED}, not {seed}")
    if wish.label is not None and not 0 <= wish.label < len(model.classes):
        raise UserError(f"there is no class {wish.label}; the model knows {len(model.classes)}")
