"""What some metrics need beside the samples and the reference: held-out pictures, or the generator itself.

Whoever measures gives it to them; a metric that has not got it says so when it begins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from torch import Tensor

from ganbench.metrics.base import Metric

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
