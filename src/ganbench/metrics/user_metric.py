"""User-defined metrics: a decorator gives a function or a Metric class a name for ``--metrics``."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

import torch
from torch import Tensor

from ganbench.config.addresses import user_modules
from ganbench.errors import UserError
from ganbench.metrics.features.reference import random_order
from ganbench.metrics.record import reference_record, versions
from ganbench.metrics.sample_batch import SampleBatch
from ganbench.metrics.score import Better, Kind, Score

if TYPE_CHECKING:
    from ganbench.data.base import Dataset

_ATTRIBUTE = "metric_name"


@dataclass(frozen=True)
class FunctionMetric:
    """A metric made from a function ``(samples, reference) -> float``; calling it calls the function.

    It does not inherit from the protocol, since dataclass fields cannot override the protocol's properties.
    """

    function: Callable[[Tensor, Dataset], float]
    metric_name: str
    better: Better
    kind: Kind
    min_samples: int
    default_samples: int

    @property
    def name(self) -> str:
        """The name given to the decorator."""
        return self.metric_name

    def __call__(self, samples: Tensor, reference: Dataset) -> float:
        """Call the function."""
        return self.function(samples, reference)

    def begin(self, reference: Dataset) -> FunctionMeasurement:
        """Return an empty measurement."""
        return FunctionMeasurement(self, reference)


class FunctionMeasurement:
    """Collects all samples, then calls the function once."""

    def __init__(self, metric: FunctionMetric, reference: Dataset) -> None:
        self._metric, self._reference = metric, reference
        self._samples: list[Tensor] = []

    def add(self, batch: SampleBatch) -> None:
        """Collect one batch of samples."""
        self._samples.append(batch.samples)

    def score(self) -> Score:
        """Return the function's value. Raises UserError if it is not a finite number."""
        metric, samples = self._metric, torch.cat(self._samples)
        samples = samples[random_order(len(samples))]  # they may come one class after another
        value = metric.function(samples, self._reference)
        try:
            return Score(
                name=metric.name,
                value=float(value),
                better=metric.better,
                measured={
                    "samples": len(samples),
                    "reference": reference_record(self._reference, self._reference.info.size),
                    "source_sha256": _source_sha256(metric.function),
                    "versions": versions("ganbench", "torch"),
                },
            )
        except (TypeError, ValueError) as error:
            raise UserError(f"metric '{metric.name}' returned {value!r}, not a finite number") from error


def metric(
    name: str,
    *,
    better: Better = "lower",
    kind: Kind = "image",
    min_samples: int = 2,
    default_samples: int = 10_000,
) -> Callable[[Any], Any]:
    """Decorate a function or a :class:`ganbench.metrics.base.Metric` class to give it a name for ``--metrics``.

    A function gets all samples at once and in random order, uint8 ``[N, C, H, W]`` or float ``[N, D]``, and the
    reference data set, and returns the score. A class is returned unchanged and needs none of the other arguments; its
    constructor may take ``features``, the feature extractor that the user chose.

    Example:
        >>> from ganbench.metrics import metric
        >>> @metric("brightness", better="lower")
        ... def brightness(samples, reference):
        ...     real = reference.items(torch.arange(reference.info.size))
        ...     return abs(float(samples.float().mean() - real.float().mean()))

    Args:
        name: The name.
        better: Whether lower or higher is better.
        kind: The kind of data: "image" or "points".
        min_samples: The smallest number of samples.
        default_samples: The number of samples if the user gives none.

    Raises:
        UserError: ``kind`` or ``better`` is another word.
    """

    for what, value, allowed in (("kind", kind, get_args(Kind)), ("better", better, get_args(Better))):
        if value not in allowed:
            raise UserError(
                f"@metric('{name}'): {what} must be {' or '.join(map(repr, allowed))}, not {value!r}"
            )

    def register(target: Any) -> Any:
        if inspect.isclass(target):
            setattr(target, _ATTRIBUTE, name)
            return target
        return FunctionMetric(target, name, better, kind, min_samples, default_samples)

    return register


def user_metrics(trusted: Collection[str], reserved: Collection[str] = ()) -> dict[str, Any]:
    """Return the metrics of the user's modules and of plug-ins by name.

    Raises:
        UserError: two of them have the same name, or a name is in ``reserved``.
    """
    metrics: dict[str, Any] = {}
    for module in user_modules(trusted):
        for target in vars(module).values():
            name = getattr(target, _ATTRIBUTE, None)
            if not isinstance(name, str):
                continue
            if name in reserved or metrics.setdefault(name, target) is not target:
                raise UserError(
                    f"there is another metric called '{name}'; rename the one in {module.__name__}"
                )
    return metrics


def _source_sha256(function: Callable[..., Any]) -> str | None:
    try:
        return hashlib.sha256(inspect.getsource(function).encode()).hexdigest()
    except (OSError, TypeError):  # defined at a prompt
        return None
