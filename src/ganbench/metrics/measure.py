"""Score samples with any number of metrics in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.base import Metric
from ganbench.metrics.sample_batch import LabelledSamples, ResultCache, RowMap, SampleBatch, map_alone
from ganbench.metrics.score import Score
from ganbench.utils.progress import (
    DurationEstimator,
    EstimatesScoreTime,
    Notify,
    note_duration,
    print_note,
)

if TYPE_CHECKING:
    from ganbench.data.base import DataInfo, Dataset


def measure(
    metrics: Sequence[Metric],
    samples: Iterable[Tensor | LabelledSamples],
    reference: Dataset,
    *,
    expected: int | None = None,
    note: Notify = print_note,
    map_rows: RowMap = map_alone,
) -> tuple[Score, ...]:
    """Score samples with every metric in one pass.

    Args:
        metrics: The metrics.
        samples: Batches, uint8 ``[B, C, H, W]`` or, for points, float ``[B, D]`` in data coordinates; either
            may come with labels.
        reference: The data set to compare with.
        expected: The total number of samples. If given, the duration of a slow pass is estimated and printed.
        note: Prints such estimates; the default is standard error. A slow computation after the pass is
            always announced.
        map_rows: Computes features and logits row by row.

    Returns:
        One score for each metric, in the same order.

    Raises:
        UserError: a metric or the samples do not match the reference, or there are too few samples.

    Example:
        >>> import torch
        >>> from ganbench.data.toy import ring8
        >>> from ganbench.metrics.coverage.mode_coverage import Modes
        >>> data = ring8()
        >>> (score,) = measure([Modes()], [data.items(torch.arange(0, 3200, 6))], data)
        >>> score.value
        8.0
    """
    info = reference.info
    for metric in metrics:
        require_kind(metric, info)
    measurements = [metric.begin(reference) for metric in metrics]
    count, shared_cache = 0, ResultCache()
    progress = DurationEstimator("one pass over all samples", note)
    for batch in samples:
        tensor, labels = batch if isinstance(batch, LabelledSamples) else (batch, None)
        require_compatible(tensor, info)
        count += len(tensor)
        if len(tensor) > 0:
            sample_batch = SampleBatch(tensor, labels, shared_cache, map_rows)
            for measurement in measurements:
                measurement.add(sample_batch)
            if expected is not None:
                progress(count, expected)
    for metric in metrics:
        require_samples(metric, count)
    scores = []
    for metric, measurement in zip(metrics, measurements, strict=True):
        if isinstance(measurement, EstimatesScoreTime):
            note_duration(f"{metric.name} on {count:,} samples", measurement.seconds_to_score(), note)
        scores.append(measurement.score())
    return tuple(scores)


def require_samples(metric: Metric, count: int) -> None:
    """Raise UserError if ``count`` samples are too few for the metric. Call it before generating them."""
    if count < metric.min_samples:
        raise UserError(
            f"metric '{metric.name}' needs at least {metric.min_samples:,} samples, not {count:,}; "
            f"it is usually measured on {metric.default_samples:,}"
        )


def require_kind(metric: Metric, info: DataInfo) -> None:
    """Raise UserError if the metric is for images and the data are points, or the reverse."""
    if metric.kind != info.kind:
        hint = '; a metric of your own for points says kind="points"' if info.kind == "points" else ""
        raise UserError(
            f"metric '{metric.name}' judges data of kind '{metric.kind}', but '{info.name}' is '{info.kind}'{hint}"
        )


def require_compatible(samples: Tensor, info: DataInfo) -> None:
    """Raise UserError if samples and reference differ in shape, TypeError if the samples' dtype is wrong."""
    if tuple(samples.shape[1:]) != info.shape:
        raise UserError(
            f"the samples have shape {list(samples.shape[1:])}, "
            f"but the items of '{info.name}' have {list(info.shape)}; resize or convert one of them first"
        )
    if info.kind == "image" and samples.dtype != torch.uint8:
        raise TypeError(f"images must be uint8 (see DataInfo.to_data), not {samples.dtype}")
    if info.kind == "points" and not samples.is_floating_point():
        raise TypeError(f"points must be floating point, not {samples.dtype}")
