"""What requests ask of a model, as tasks for its batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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


class Tasks:
    """Makes the tasks of one model."""

    def __init__(self, model: Model) -> None:
        self._model = model
        # Known in advance, since isinstance() with a protocol is slow, and a task may be for one sample.
        self._has_sources = isinstance(model.algorithm, ChoosesRepresentations)

    def labels(self, classes: Sequence[str], count: int) -> Tensor | None:
        """Return the class numbers of ``count`` samples, int64 ``[count]``; None for a model without classes.

        ``classes`` are names or numbers: none (the labels cycle through the classes), one, or one for each sample.

        Raises:
            UserError: There is no such class, or their number is wrong.
        """
        if not classes:
            return self._model.labels(count)
        numbers = [self._model.class_index(text) for text in classes]
        if len(numbers) not in (1, count):
            raise UserError(f"give class once, or {count} times, not {len(numbers)} times")
        return torch.tensor(numbers * (count // len(numbers)))

    def sample(self, query: SampleQuery, labels: Tensor | None) -> Task:
        """Return the task whose results are those of :meth:`Model.sample` for the same n, seed and labels."""

        def draw() -> Rows:
            with self._representations(query.representations):
                latents = self._model.latents(query.n, query.seed, truncation=query.truncation)
            return _with_labels(latents, labels)

        return Task("sample", self._decode, query.n, draw)

    def interpolate(self, query: InterpolateQuery, labels: Tensor | None) -> Task:
        """Return the task whose results go from the latent of each seed to that of the next, with both.

        ``labels`` are those of the results.
        """

        def draw() -> Rows:
            with self._representations(query.representations):
                ends = [self._model.latents(1, seed, truncation=query.truncation) for seed in query.seeds]
            rows = interpolate_rows(self._model, torch.cat(ends), query.steps, linear=query.linear)
            return _with_labels(rows, labels)

        return Task("sample", self._decode, (len(query.seeds) - 1) * query.steps, draw)

    def encode(self, items: Tensor) -> Task:
        """Return the task whose results are the latents of items ``[N, *shape]`` in the data's own units."""

        def compute(rows: Rows) -> Tensor:
            return self._model.encode(rows["items"], batch=len(rows["items"]))

        return Task("encode", compute, len(items), lambda: {"items": items})

    def translate(self, items: Tensor, target: str) -> Task:
        """Return the task whose results are items ``[N, *shape]`` translated to the domain ``target``."""

        def compute(rows: Rows) -> Tensor:
            return self._model.translate(rows["items"], target=target, batch=len(rows["items"]))

        return Task(("translate", target), compute, len(items), lambda: {"items": items})

    def _decode(self, rows: Rows) -> Tensor:
        return self._model.decode(rows["latents"], rows.get("labels"), batch=len(rows["latents"]))

    @contextmanager
    def _representations(self, source: str | None) -> Iterator[None]:
        """Take representations from ``source`` in the block.

        Raises:
            UserError: There is no such source, or samples from it start from real images.
        """
        if not self._has_sources:
            if source is not None:
                set_representation_source(self._model, source)  # says why not
            yield
            return
        algorithm = self._model.algorithm
        assert isinstance(algorithm, ChoosesRepresentations)
        before = algorithm.sampling
        try:
            if source is not None:
                set_representation_source(self._model, source)
            if self._model.needs_real_inputs:
                raise UserError(
                    "this model samples from real images, which the server does not read; give representations: "
                    f"{', '.join(representation_sources(self._model))}"
                )
            yield
        finally:
            algorithm.choose_sampling(before)


def _with_labels(latents: Tensor, labels: Tensor | None) -> Rows:
    return {"latents": latents} if labels is None else {"latents": latents, "labels": labels}
