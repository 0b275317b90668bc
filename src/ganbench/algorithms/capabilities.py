"""What a trained algorithm can do besides sampling from G: one runtime-checkable protocol per ability.

An algorithm has an ability if it has the protocol's methods; no registration is needed. Callers ask
``isinstance(algorithm, Encodes)``. In every method, ``networks`` are those to use (live or averaged) and ``x`` are
samples ``[N, *shape]`` in the range that networks see, about [-1, 1].
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from torch import Tensor, nn


@runtime_checkable
class Samples(Protocol):
    """Generates samples."""

    def sample(self, networks: nn.ModuleDict, latent: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return samples ``[N, *shape]`` for latents ``[N, size]`` and, for a conditional model, class numbers.

        Raises:
            UserError: a condition is missing, or given to a model without classes.
        """


@runtime_checkable
class PreparesLatents(Protocol):
    """Computes the input of :meth:`Samples.sample` from random latents, real items, or both."""

    needs_real_inputs: bool
    """Whether samples start from real items."""
    inputs_per_sample: int
    """How many real items a sample starts from, if any."""

    def prepare_latents(self, networks: nn.ModuleDict, latents: Tensor, items: Tensor | None) -> Tensor:
        """Return the input of ``sample``, ``[N, ...]``.

        Args:
            networks: The networks to sample with.
            latents: Draws from the latent distribution, ``[N, size]``.
            items: If ``needs_real_inputs``, real items ``[N, *shape]``, or ``[N, inputs_per_sample, *shape]`` if a
                sample needs several; else None.
        """


@runtime_checkable
class TruncatesLatents(Protocol):
    """Has a truncation of its own, of prepared latents."""

    def truncate_latents(self, networks: nn.ModuleDict, latents: Tensor, amount: float) -> Tensor:
        """Return prepared latents ``[N, ...]`` closer to their mean. Raises UserError if the amount is out of range."""


@runtime_checkable
class MixesStyles(Protocol):
    """Has layers that each take a style."""

    def mix_styles(self, networks: nn.ModuleDict, coarse: Tensor, fine: Tensor) -> Tensor:
        """Return the input of :meth:`Samples.sample` whose lower half of layers takes ``coarse``, the rest ``fine``.

        Both are prepared latents ``[N, size]``.
        """


@runtime_checkable
class SplitsLatents(Protocol):
    """Has latents of several parts, each with its own scale."""

    def latent_sizes(self, networks: nn.ModuleDict, size: int) -> list[int]:
        """Return the sizes of the parts of a latent of ``size`` numbers; they add up to ``size``."""


@runtime_checkable
class ChoosesRepresentations(Protocol):
    """Samples from representations of one of several origins."""

    sampling: str
    """The origin in use."""
    samplings: tuple[str, ...]
    """The origins to choose from."""

    def choose_sampling(self, sampling: str) -> None:
        """Switch to another origin. Raises UserError if it is unknown or not available."""


@runtime_checkable
class Encodes(Protocol):
    """Maps samples to latents."""

    def encode(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Return latents ``[N, size]`` of samples."""


@runtime_checkable
class Reconstructs(Protocol):
    """Maps samples to latents, or to another domain, and back."""

    def reconstruct(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Return reconstructions ``[N, *shape]`` of samples."""


@runtime_checkable
class Translates(Protocol):
    """Translates samples from one domain to another."""

    domains: tuple[str, ...]
    """The domains that it translates to: "a" and "b", only "b", or the classes of the data."""

    def translate(self, networks: nn.ModuleDict, x: Tensor, *, target: str) -> Tensor:
        """Return samples translated to the domain ``target``, one of ``domains``."""


def domains_of(algorithm: object) -> tuple[str, ...]:
    """Return the domains that an algorithm translates to; empty if it does not translate."""
    return algorithm.domains if isinstance(algorithm, Translates) else ()


@runtime_checkable
class HasFeatures(Protocol):
    """Computes features of samples."""

    def features(self, networks: nn.ModuleDict, x: Tensor) -> dict[str, Tensor]:
        """Return features ``[N, F]`` by the name of the network that computes them; empty if there are none."""


@runtime_checkable
class ScoresSamples(Protocol):
    """Has a discriminator that scores single samples."""

    def scores(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Return D's raw scores ``[N]``. Raises UserError if D, as configured, scores something else."""


@runtime_checkable
class InfersCodes(Protocol):
    """Predicts the codes of the latent from samples."""

    def infer(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Return the predicted parameters of the codes' distributions, ``[N, codes.outputs]``."""
