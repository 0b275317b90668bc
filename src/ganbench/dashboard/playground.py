"""The playground's functions: load a checkpoint, generate samples, and run the model on an uploaded image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ganbench.algorithms.capabilities import ChoosesRepresentations, Reconstructs, domains_of
from ganbench.dashboard.sample_request import SampleRequest, build_sample_grid
from ganbench.dashboard.sanitize import printable
from ganbench.data import toy
from ganbench.errors import UserError
from ganbench.inference.critic_scores import critic_scores, critic_unavailable_reason
from ganbench.inference.directions import directions
from ganbench.inference.load import load
from ganbench.inference.model import Model
from ganbench.recipes.base import Recipe
from ganbench.runs.run import Run
from ganbench.utils.files import read_json
from ganbench.utils.random_stream import RandomStream
from ganbench.visualization.critic import critic_picture
from ganbench.visualization.export import encode_npz, set_representation_source
from ganbench.visualization.image_grid import sample_picture

_REAL_POINTS = 1000  # drawn behind generated points
_MAX_DATASET_POINTS = 100_000  # larger synthetic data sets are not built
_MAX_DIRECTIONS = 5  # that get a slider
_COMPARED_SAMPLES = 256  # that an uploaded image's score is compared with


@dataclass(frozen=True)
class GeneratedSamples:
    """Samples in data units, with their labels (class numbers or class weights), if any, and their grid's layout."""

    samples: Tensor
    labels: Tensor | None
    columns: int | None
    headings: tuple[str, ...] = ()

    def npz(self, model: Model) -> bytes:
        """Return the samples as an ``.npz`` file."""
        return encode_npz(model, self.samples, self.labels)

    def png(self, model: Model, real: Tensor | None = None) -> bytes:
        """Return the samples as a PNG: a grid of images, or points over D's scores if D scores single points."""
        if model.info.kind == "image" or critic_unavailable_reason(model) is not None:
            return sample_picture(
                model.info, self.samples, real, columns=self.columns, headings=self.headings
            )
        background = torch.zeros(0, *model.info.shape) if real is None else real
        return critic_picture(model, self.samples, background)


def load_checkpoint(run: Run, step: int) -> Model:
    """Return the model of a checkpoint, after checking that its recipe reads nothing outside the run.

    Raises:
        UserError: there is no such checkpoint, or a part of the recipe other than ``data`` is a data set, which would
            read files.
    """
    recipe = read_json(run.path / "recipe.json")
    for target in _targets({key: value for key, value in recipe.items() if key != "data"}):
        if target.startswith(("ganbench.data.", "ganbench.data:")):
            raise UserError(
                f"{run.path} is not loaded: its recipe has {printable(target, 100)} where no data set belongs"
            )
    return load(run, step)


def generate_samples(model: Model, request: SampleRequest) -> GeneratedSamples:
    """Return the requested samples.

    Raises:
        UserError: as in :func:`ganbench.dashboard.sample_request.build_sample_grid`, or the model needs real images
            as inputs, which the dashboard does not read.
    """
    if request.representations is not None:
        set_representation_source(model, request.representations)
    if model.needs_real_inputs:
        raise UserError(
            "this model generates from real images, and the dashboard does not read the run's data; "
            "upload an image below"
        )
    grid = build_sample_grid(model, request)
    return GeneratedSamples(model.decode(grid.latents, grid.labels), grid.labels, grid.columns, grid.names)


def real_points(recipe: Recipe) -> Tensor | None:
    """Return random points of a synthetic data set, float32 ``[N, D]``, or None if the data come from files."""
    is_synthetic = recipe.data.target.__module__ == toy.__name__
    if not is_synthetic or int(recipe.data.kwargs.get("points", 0)) > _MAX_DATASET_POINTS:
        return None
    data = recipe.data()
    index = RandomStream(0, "real").integers(min(_REAL_POINTS, data.info.size), data.info.size)
    points: Tensor = data.items(index)
    return points


def _targets(value: object) -> Iterator[str]:
    """Yield the "target" of every part in a recipe's JSON, at any depth."""
    if isinstance(value, Mapping):
        yield from (str(inner) for key, inner in value.items() if key == "target")
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _targets(inner)


def score_image(model: Model, image: Tensor, seed: int = 0) -> tuple[float, float]:
    """Return D's raw score of an image ``[1, C, H, W]``, and the fraction of generated samples with a lower score.

    Raises:
        UserError: D does not score single samples.
    """
    sample_scores = critic_scores(model, model.sample(_COMPARED_SAMPLES, seed=seed))
    score = float(critic_scores(model, image)[0])
    return score, float((sample_scores < score).float().mean())


def transform_image(model: Model, image: Tensor) -> dict[str, Tensor]:
    """Return the model's reconstruction and translations of an image, ``[1, C, H, W]`` each, as far as supported."""
    algorithm = model.algorithm
    results = {"reconstruction": model.reconstruct(image)} if isinstance(algorithm, Reconstructs) else {}
    translations = {f"translated to {name}": name for name in domains_of(algorithm)}
    return results | {title: model.translate(image, target=name) for title, name in translations.items()}


def count_directions(model: Model) -> int:
    """Return how many latent directions the playground offers, at most five.

    Raises:
        UserError: the latents are not vectors, or no layer of G takes the whole latent.
    """
    z = model.latents(1)
    if z.dim() != 2 or not z.shape[1]:
        raise UserError("this model generates from images, so its latents have no directions")
    return min(len(directions(model, z)), _MAX_DIRECTIONS)


def representation_sources(model: Model) -> tuple[str, ...]:
    """Return the sources of representations that the playground offers; empty for most models.

    Representations of real images are not offered, since nothing outside the run folders is read.
    """
    if not isinstance(model.algorithm, ChoosesRepresentations):
        return ()
    return tuple(s for s in ("learned", "normal", "uniform") if s in model.algorithm.samplings)


def can_score_images(model: Model) -> bool:
    """Return whether the model's D scores single samples."""
    try:
        critic_scores(model, torch.zeros(1, *model.info.shape))
    except UserError:
        return False
    return True
