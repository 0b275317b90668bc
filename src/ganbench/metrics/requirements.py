"""What some metrics need in addition to samples and reference: held-out images, or the generator itself.

The evaluator injects them; ``begin()`` raises an error if one is missing.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.base import Measurement, Metric
from ganbench.metrics.image_metric import ImageMetric
from ganbench.metrics.sample_batch import SampleBatch

if TYPE_CHECKING:
    from ganbench.data.base import Dataset


class Generator(Protocol):
    """A generator as metrics use it: latents to samples, and optionally features of items."""

    def latents(self, n: int, seed: int = 0) -> Tensor:
        """Return ``n`` latent vectors, float ``[n, size]``, deterministic given the seed."""

    def labels(self, count: int) -> Tensor | None:
        """Return the class numbers that condition ``count`` samples, int64 ``[count]``; None without classes."""

    def decode(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return the samples of latent vectors, in the data's units; ``labels`` is a slice of :meth:`labels`."""

    def features(self, items: Tensor) -> dict[str, Tensor]:
        """Return features ``[N, F]`` of items in the data's units, by name; an empty dict if it has none."""


@runtime_checkable
class NeedsHeldOut(Protocol):
    """A metric that needs real images that the generator was not trained on."""

    def with_held_out(self, held_out: Dataset) -> Metric:
        """Return a copy of the metric with these images."""


@runtime_checkable
class NeedsGenerator(Protocol):
    """A metric that calls the generator itself, for samples or for features."""

    def with_generator(self, generator: Generator, n: int | None, seed: int) -> Metric:
        """Return a copy of the metric with this generator; ``n`` is the number of samples, None for its default."""


def require_held_out(metric: str, reference: Dataset, held_out: Dataset | None) -> Dataset:
    """Return the held-out items. Raises UserError if they are missing, the reference itself, or of another shape."""
    name = reference.info.name
    if held_out is None:
        raise UserError(
            f"metric '{metric}' needs images that were held out of training, and '{name}' has no other split; "
            "name some with --held-out folder:PATH"
        )
    if held_out.info.shape != reference.info.shape:
        raise UserError(
            f"the held-out items have shape {list(held_out.info.shape)}, those of '{name}' have "
            f"{list(reference.info.shape)}; metric '{metric}' needs equal shapes"
        )
    if held_out.info.fingerprint and held_out.info.fingerprint == reference.info.fingerprint:
        raise UserError(
            f"the held-out items are those of '{name}' itself; metric '{metric}' needs others, "
            "which were held out of training"
        )
    return held_out


class SampleFreeMetric(ImageMetric):
    """A metric that needs no samples."""

    min_samples: ClassVar[int] = 0
    default_samples: ClassVar[int] = 0

    @abstractmethod
    def begin(self, reference: Dataset) -> SampleFreeMeasurement:
        """Prepare the measurement. Raises UserError if the reference does not fit."""


class SampleFreeMeasurement(Measurement):
    """A measurement that ignores samples, which other metrics of the same pass may need."""

    def add(self, batch: SampleBatch) -> None:
        """Ignore a batch of samples."""
