"""What requests ask of a model, as tasks for its batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from ganbench.algorithms.capabilities import ChoosesRepresentations
from ganbench.dashboard.playground import representation_sources
from ganbench.errors import UserError
from ganbench.inference.model import Model
from ganbench.serve.batching import Rows, Task
from ganbench.serve.schemas import InterpolateQuery, SampleQuery
from ganbench.visualization.export import set_representation_source
from ganbench.visualization.interpolations import interpolate_rows


def find_labels(model: Model, classes: Sequence[str], count: int) -> Tensor | None:
    """Return the class numbers of ``count`` samples, int64 ``[count]``; None for a model without classes.

    ``classes`` are names or numbers: none (the labels cycle through the classes), one, or one for each sample.

    Raises:
        UserError: There is no such class, or their number is wrong.
    """
    if not classes:
        return model.labels(count)
    numbers = [model.class_index(text) for text in classes]
    if len(numbers) not in (1, count):
        raise UserError(f"give class once, or {count} times, not {len(numbers)} times")
    return torch.tensor(numbers * (count // len(numbers)))


def sample_task(model: Model, query: SampleQuery, labels: Tensor | None) -> Task:
    """Return the task whose results are those of :meth:`Model.sample` for the same n, seed and labels."""

    def draw() -> Rows:
        with _representations(model, query.representations):
            latents = model.latents(query.n, query.seed, truncation=query.truncation)
        return _with_labels(latents, labels)

    return Task("sample", _decode(model), query.n, draw)


def interpolate_task(model: Model, query: InterpolateQuery, labels: Tensor | None) -> Task:
    """Return the task whose results go from the first latent of each seed to that of the next, with their ends.

    ``labels`` are those of the results.
    """

    def draw() -> Rows:
        with _representations(model, query.representations):
            ends = torch.cat([model.latents(1, seed, truncation=query.truncation) for seed in query.seeds])
        if ends.dim() != 2 or not ends.shape[1]:
            raise UserError("this model's samples start from images, so there is nothing to interpolate")
        return _with_labels(interpolate_rows(model, ends, query.steps, linear=query.linear), labels)

    return Task("sample", _decode(model), (len(query.seeds) - 1) * query.steps, draw)


def encode_task(model: Model, items: Tensor) -> Task:
    """Return the task whose results are the latents of items ``[N, *shape]`` in the data's own units."""
    return Task(
        "encode",
        lambda rows: model.encode(rows["items"], batch=len(rows["items"])),
        len(items),
        lambda: {"items": items},
    )


def translate_task(model: Model, items: Tensor, target: str) -> Task:
    """Return the task whose results are items ``[N, *shape]`` translated to the domain ``target``."""
    return Task(
        ("translate", target),
        lambda rows: model.translate(rows["items"], target=target, batch=len(rows["items"])),
        len(items),
        lambda: {"items": items},
    )


def _decode(model: Model) -> Callable[[Rows], Tensor]:
    return lambda rows: model.decode(rows["latents"], rows.get("labels"), batch=len(rows["latents"]))


def _with_labels(latents: Tensor, labels: Tensor | None) -> Rows:
    return {"latents": latents} if labels is None else {"latents": latents, "labels": labels}


@contextmanager
def _representations(model: Model, source: str | None) -> Iterator[None]:
    """Take representations from ``source`` in the block. Raises UserError if samples then start from real images."""
    algorithm = model.algorithm
    before = algorithm.sampling if isinstance(algorithm, ChoosesRepresentations) else ""
    if source is not None:
        set_representation_source(model, source)
    try:
        if model.needs_real_inputs:
            raise UserError(_no_real_images(model))
        yield
    finally:
        if isinstance(algorithm, ChoosesRepresentations):
            algorithm.choose_sampling(before)


def _no_real_images(model: Model) -> str:
    sources = representation_sources(model)
    how = f"give representations: {', '.join(sources)}" if sources else "send images to /translate"
    return f"this model samples from real images, which the server does not read; {how}"
