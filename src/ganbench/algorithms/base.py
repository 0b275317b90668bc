"""The base class of algorithms: which networks they need, and the phases that update them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from torch import Tensor, nn

from ganbench.errors import UserError
from ganbench.losses.base import Loss
from ganbench.training.phase import Phase


class Algorithm(nn.Module):
    """A set of networks and the phases that update them.

    It is a Module so that its own state moves to the device and is saved with the run. Its floating-point buffers are
    averaged over processes after each update. It knows no device and no file. What it can do after training is
    described by the protocols of :mod:`ganbench.algorithms.capabilities`.
    """

    networks: ClassVar[tuple[str, ...]] = ()
    """The networks that it needs."""
    conditioned_networks: ClassVar[tuple[str, ...]] = ("G", "D")
    """The networks that get labels, if ``conditional``."""
    averaged: tuple[str, ...] = ("G",)
    """The networks whose moving averages are used for sampling."""
    conditional: bool = False
    """Whether networks get labels, so that sampling needs them."""
    logits: bool = False
    """Whether the sigmoid of D's score is the probability that a sample is real."""
    loss: Loss | None

    def __init__(self) -> None:
        super().__init__()
        self.loss = None  # not a class attribute: it would hide a loss that is a Module

    def phases(self) -> tuple[Phase, ...]:
        """Return the phases of one step, in order."""
        raise NotImplementedError

    def after_step(self, networks: nn.ModuleDict, step: int) -> None:
        """Run after each step. The default does nothing."""

    def extra_scalars(self) -> Mapping[str, Tensor]:
        """Return scalars to log after a step, such as the algorithm's own state. The default has none."""
        return {}

    def shape_of(self, network: str, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of one sample as a network sees it; by default, that of the data, ``shape``."""
        return shape

    def check_batch_size(self, batch_size: int) -> None:
        """Raise UserError if the algorithm cannot use batches of that size. The default accepts any."""

    def check_networks(self, networks: nn.ModuleDict) -> None:
        """Raise UserError if a network needs labels that it will not get, or cannot take those that it gets."""
        for name, network in networks.items():
            needs = getattr(network, "needs_condition", None)
            if needs and not self.conditional:
                raise UserError(
                    f"networks.{name}.conditioning needs labels; set algorithm.labels=uniform (or real)"
                )
            if needs is None and self.conditional and name in self.conditioned_networks:
                raise UserError(
                    f"networks.{name}: a {type(network).__name__} takes no labels; "
                    "use another network, or set algorithm.labels=none"
                )

    def compatibility_warnings(self, networks: nn.ModuleDict) -> Iterator[str]:
        """Yield a warning for each combination that trains but is known to work badly. The default has none."""
        return iter(())


class GenerativeAlgorithm(Algorithm):
    """An algorithm whose network G maps latents to samples."""

    def sample(self, networks: nn.ModuleDict, latent: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return G's samples ``[N, *shape]`` in about [-1, 1] for latents ``[N, size]``.

        Raises:
            UserError: there is a condition, which this algorithm does not support.
        """
        if condition is not None:
            raise UserError("this model was trained without classes, so it cannot sample one")
        samples: Tensor = networks["G"](latent)
        return samples
