"""What some metrics need beside the samples and the reference: held-out pictures, or the generator itself.

Whoever measures gives it to them; a metric that has not got it says so when it begins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from torch import Tensor

from ganbench.metrics.base import Metric

if TYPE_CHECKING:
    from ganbench.data.base import Dataset
from typing import TYPE_CHECKING

from ganbench.errors import UserError

if TYPE_CHECKING:
    from ganbench.data.base import Dataset
from abc import abstractmethod
from typing import TYPE_CHECKING

from ganbench.metrics.base import Measurement
from ganbench.metrics.image_metric import PictureMetric
from ganbench.metrics.sample_batch import Chunk

if TYPE_CHECKING:
    from ganbench.data.base import Dataset


class Generator(Protocol):
    """What makes samples of latent vectors, and may have features of items."""

    def latents(self, n: int, seed: int = 0) -> Tensor:
        """Return ``n`` latent vectors, float ``[n, size]``, the same for the same seed."""

    def decode(self, latents: Tensor) -> Tensor:
        """Return the samples of latent vectors, in the data's own units."""

    def features(self, items: Tensor) -> dict[str, Tensor]:
        """Return features ``[N, F]`` of items in the data's own units, by name; none if it shows none."""


@runtime_checkable
class NeedsHeldOut(Protocol):
    """A metric that needs real pictures which the generator was not trained on."""

    def with_held_out(self, held_out: Dataset) -> Metric:
        """Return the same metric with these pictures."""


@runtime_checkable
class NeedsGenerator(Protocol):
    """A metric that asks the generator itself, for samples or for features."""

    def with_generator(self, generator: Generator, n: int | None, seed: int) -> Metric:
        """Return the same metric of this generator; ``n`` is how many it asks for, None its own usual number."""


def require_held_out(metric: str, reference: Dataset, held_out: Dataset | None) -> Dataset:
    """Return the held-out items. Raises UserError if there are none, they are the reference's, or of another shape."""
    name = reference.info.name
    if held_out is None:
        raise UserError(
            f"metric '{metric}' needs pictures that were held out of training, and '{name}' has no other split; "
            "name some with --held-out folder:PATH"
        )
    if held_out.info.shape != reference.info.shape:
        raise UserError(
            f"the held-out items have shape {list(held_out.info.shape)}, those of '{name}' have "
            f"{list(reference.info.shape)}; metric '{metric}' needs them to be alike"
        )
    if held_out.info.fingerprint and held_out.info.fingerprint == reference.info.fingerprint:
        raise UserError(
            f"the held-out items are those of '{name}' itself; metric '{metric}' needs others, "
            "which were held out of training"
        )
    return held_out


class WithoutSamples(PictureMetric):
    """A metric that is given no samples, and needs none."""

    @property
    def min_samples(self) -> int:
        """It needs no samples."""
        return 0

    @property
    def default_samples(self) -> int:
        """It needs no samples."""
        return 0

    @abstractmethod
    def begin(self, reference: Dataset) -> MeasurementWithoutSamples:
        """Prepare the measurement. Raises UserError if the reference cannot serve."""


class MeasurementWithoutSamples(Measurement):
    """A measurement that samples do not change: those of other metrics pass by."""

    def add(self, chunk: Chunk) -> None:
        """Pass over a chunk of samples."""
