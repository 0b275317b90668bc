"""What the playground does with a model: samples as a picture and as numbers, and what D makes of a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from ganbench.dashboard.sample_request import SampleRequest, arranged
from ganbench.dashboard.sanitize import shown
from ganbench.data import toy
from ganbench.errors import UserError
from ganbench.inference.critic_scores import scores_of, why_not
from ganbench.inference.directions import directions
from ganbench.inference.model import Model, load
from ganbench.recipes.base import Recipe
from ganbench.runs.run import Run
from ganbench.utils.files import read_json
from ganbench.utils.random_stream import RandomStream
from ganbench.visualization.critic import critic_picture
from ganbench.visualization.export import choose_representations, npz_of
from ganbench.visualization.image_grid import sample_picture

_REAL = 1000  # points of the data that are shown behind
_MOST_POINTS = 100_000  # of a data set that is made for it
_ANSWERS: Mapping[str, tuple[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "made again": ("reconstruct", {}),
        "translated": ("translate", {}),
        "translated back": ("translate", {"back": True}),
    }
)
_DIRECTIONS = 5  # that have a control
_OTHERS = 256  # samples that an uploaded picture is ranked among


@dataclass(frozen=True)
class Made:
    """Samples in the data's own units, the class numbers or weights of each if there are any, and their columns."""

    samples: Tensor
    labels: Tensor | None
    columns: int | None

    def npz(self, model: Model) -> bytes:
        """Return the samples as the bytes of an ``.npz`` file."""
        return npz_of(model, self.samples, self.labels)

    def png(self, model: Model, real: Tensor | None = None) -> bytes:
        """Return the samples as the bytes of a PNG: a grid; or points with D's output behind, where it has one."""
        if model.info.kind == "image" or why_not(model) is not None:
            return sample_picture(model.info, self.samples, real, columns=self.columns)
        behind = torch.zeros(0, *model.info.shape) if real is None else real
        return critic_picture(model, self.samples, behind)


def opened(run: Run, step: int) -> Model:
    """Return the model of a step of a run, whose recipe reads nothing but the run while the model is made.

    Raises:
        UserError: there is no such checkpoint, or a part of the recipe is a data set, which would read files.
    """
    for name in _targets({k: v for k, v in read_json(run.path / "recipe.json").items() if k != "data"}):
        if name.startswith(("ganbench.data.", "ganbench.data:")):
            raise UserError(
                f"{run.path} is not loaded: its recipe has {shown(name, 100)} where no data belong"
            )
    return load(run, step)


def draw(model: Model, wish: SampleRequest) -> Made:
    """Return the samples that are asked for.

    Raises:
        UserError: as :func:`ganbench.dashboard.sample_request.arranged` does;
                or samples start from the run's data, which are not read.
    """
    if wish.representations is not None:
        choose_representations(model, wish.representations)
    if getattr(model.algorithm, "needs_real_inputs", False):
        raise UserError(
            "samples of this model start from pictures, and a run's data are not read here; give a picture below"
        )
    asked = arranged(model, wish)
    return Made(model.decode(asked.latents, asked.labels), asked.labels, asked.columns)


def real_points(recipe: Recipe) -> Tensor | None:
    """Return some points of the data that the recipe draws itself, float32 ``[N, D]``; None for data from files."""
    made_here = recipe.data.target.__module__ == toy.__name__
    if not made_here or int(recipe.data.kwargs.get("points", 0)) > _MOST_POINTS:
        return None
    data = recipe.data()
    chosen: Tensor = data.items(RandomStream(0, "real").integers(min(_REAL, data.info.size), data.info.size))
    return chosen


def _targets(value: object) -> Iterator[str]:
    """Yield the names of all parts that a recipe's JSON has, at any depth."""
    if isinstance(value, Mapping):
        yield from (str(inner) for key, inner in value.items() if key == "target")
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _targets(inner)


def judged(model: Model, picture: Tensor, seed: int = 0) -> tuple[float, float]:
    """Return D's raw score of a picture ``[1, C, H, W]``, and the share of the model's own samples that D scores lower.

    Raises:
        UserError: D does not judge samples one by one.
    """
    own = scores_of(model, model.sample(_OTHERS, seed=seed))
    score = float(scores_of(model, picture)[0])
    return score, float((own < score).float().mean())


def answers(model: Model, picture: Tensor) -> dict[str, Tensor]:
    """Return the pictures ``[1, C, H, W]`` that the model makes of a picture, by what it does; only what it can do.

    A model that encodes makes the picture again; one between domains translates it.
    """
    found: dict[str, Tensor] = {}
    for name, (method, how) in _ANSWERS.items():
        make: Callable[..., Tensor] | None = getattr(model, method, None)
        if make is not None:
            with suppress(UserError):  # it has no encoder, or no other domain
                found[name] = make(picture, **how)
    return found


def directions_of(model: Model) -> int:
    """Return along how many directions of the latent one can go, at most five.

    Raises:
        UserError: samples do not start from vectors, or no layer of G takes the whole latent.
    """
    z = model.latents(1)
    if z.dim() != 2 or not z.shape[1]:
        raise UserError("this model's samples start from pictures, so there are no directions to go")
    return min(len(directions(model, z)), _DIRECTIONS)


def representations_of(model: Model) -> tuple[str, ...]:
    """Return whose representations samples can be made of, none for most models.

    Those of real pictures are not among them: a run's data may lie anywhere, and nothing outside of runs is read.
    """
    if getattr(model.algorithm, "sampling", None) is None:
        return ()
    drawn = ("normal", "uniform")
    return drawn if getattr(model.algorithm, "prior", None) is None else ("learned", *drawn)


def judges(model: Model) -> bool:
    """Whether the model's D scores single samples."""
    try:
        scores_of(model, torch.zeros(1, *model.info.shape))
    except UserError:
        return False
    return True
