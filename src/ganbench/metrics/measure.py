"""One pass over the samples feeds any number of metrics."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.base import Metric
from ganbench.metrics.sample_batch import Chunk, Labelled, Shared
from ganbench.metrics.score import Score
from ganbench.utils.progress import Forecast, Forecasting, Note, announce, print_note

if TYPE_CHECKING:
    from ganbench.data.base import DataInfo, Dataset


def measure(
    metrics: Sequence[Metric],
    samples: Iterable[Tensor | Labelled],
    reference: Dataset,
    *,
    expected: int | None = None,
    note: Note = print_note,
) -> tuple[Score, ...]:
    """Score samples, given in chunks, by every metric; the scores come in the metrics' order.

    Chunks are uint8 ``[B, C, H, W]``, or float ``[B, D]`` in data coordinates, as the reference is; or such a
    chunk with its labels. Where the number of samples to be ``expected`` is given, it is said on standard error (or
    to ``note``) how long the pass takes, if that is long; of metrics that take long afterwards it is always said.
    Raises UserError for a metric or samples that do not fit the reference, and for too few samples.
    """
    info = reference.info
    for metric in metrics:
        require_kind(metric, info)
    measurements = [metric.begin(reference) for metric in metrics]
    count, shared, forecast = 0, Shared(), Forecast("a look at all samples", note)
    for part in samples:
        given, labels = part if isinstance(part, Labelled) else (part, None)
        require_fit(given, info)
        count += len(given)
        if len(given) > 0:
            chunk = Chunk(given, labels, shared)
            for measurement in measurements:
                measurement.add(chunk)
            if expected is not None:
                forecast(count, expected)
    for metric in metrics:
        require_samples(metric, count)
    scores = []
    for metric, measurement in zip(metrics, measurements, strict=True):
        if isinstance(measurement, Forecasting):
            announce(f"{metric.name} on {count:,} samples", measurement.seconds_to_score(), note)
        scores.append(measurement.score())
    return tuple(scores)


def require_samples(metric: Metric, count: int) -> None:
    """Raise UserError if ``count`` samples are too few for the metric; ask before making them."""
    if count < metric.min_samples:
        raise UserError(
            f"metric '{metric.name}' needs at least {metric.min_samples:,} samples, not {count:,}; "
            f"it is usually measured on {metric.default_samples:,}"
        )


def require_kind(metric: Metric, info: DataInfo) -> None:
    """Raise UserError if the metric judges pictures and the data are points, or the reverse."""
    if metric.kind != info.kind:
        raise UserError(
            f"metric '{metric.name}' judges data of kind '{metric.kind}', but '{info.name}' is '{info.kind}'"
        )


def require_fit(samples: Tensor, info: DataInfo) -> None:
    """Raise UserError if samples and reference differ in shape, TypeError if the samples' dtype is wrong."""
    if tuple(samples.shape[1:]) != info.shape:
        raise UserError(
            f"the samples have shape {list(samples.shape[1:])}, "
            f"but the items of '{info.name}' have {list(info.shape)}; resize or convert one of them first"
        )
    if info.kind == "image" and samples.dtype != torch.uint8:
        raise TypeError(f"pictures must be uint8 (DataInfo.to_data makes them so), not {samples.dtype}")
    if info.kind == "points" and not samples.is_floating_point():
        raise TypeError(f"points must be floating point, not {samples.dtype}")
