"""What every algorithm offers: the networks it needs, its phases, and how to sample; knows no device or file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from torch import Tensor, nn

from ganbench.errors import UserError
from ganbench.training.phase import Phase


class Algorithm(nn.Module):
    """A set of networks and the phases that update them. A Module, so that its own state moves and saves itself.

    Its floating-point buffers are averaged over the processes after each update.
    ``networks`` names those it needs; ``averaged`` those whose moving average is kept for sampling.
    """

    networks: ClassVar[tuple[str, ...]] = ()
    averaged: tuple[str, ...] = ("G",)
    conditioned_networks: ClassVar[tuple[str, ...]] = ("G", "D")
    logits = False  # whether the sigmoid of a score is the probability that the sample is real
    conditional = False  # whether samples are made for a condition, and so need one
    generates = True  # whether it makes samples at all
    needs_real_inputs = False  # whether samples start from real items, see prepare_latents()
    inputs_per_sample = 1  # how many items a sample starts from, if needs_real_inputs
    prepares_latents = False  # whether prepare_latents() makes something else of drawn latents

    def phases(self) -> tuple[Phase, ...]:
        """Return the phases of one step, in order."""
        raise NotImplementedError

    def after_step(self, networks: nn.ModuleDict, step: int) -> None:
        """Do what follows a whole step; nothing, unless an algorithm says otherwise."""

    def extra_scalars(self) -> Mapping[str, Tensor]:
        """Return what the log shows of its own state after a step, new scalars by name; nothing, unless said."""
        return {}

    def shape_of(self, network: str, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of one sample as a network sees it, where the data's is ``shape``: the same, unless said."""
        return shape

    def compatibility_warnings(self, networks: nn.ModuleDict) -> Iterator[str]:
        """Say what about these networks is at odds with the algorithm, though it trains; nothing, unless said."""
        return iter(())

    def check_rows(self, rows: int) -> None:
        """Raise UserError if ``rows`` samples at a time cannot be used; any number can, unless said."""

    def check_networks(self, networks: nn.ModuleDict) -> None:
        """Raise UserError where a network needs a condition that the algorithm does not give, or can take none."""
        for name, network in networks.items():
            needs = getattr(network, "needs_condition", None)
            if needs and not self.conditional:
                raise UserError(
                    f"networks.{name}.conditioning needs labels; set algorithm.labels=uniform (or real)"
                )
            if needs is None and self.conditional and name in self.conditioned_networks:
                raise UserError(
                    f"networks.{name}: a {type(network).__name__} can be given no condition; "
                    "use another network, or set algorithm.labels=none"
                )

    def prepare_latents(self, networks: nn.ModuleDict, drawn: Tensor, items: Tensor | None) -> Tensor:
        """Turn drawn latents into what :meth:`sample` takes, ``[N, ...]``.

        Args:
            networks: The networks to sample with.
            drawn: Latents as the latent distribution draws them, ``[N, size]``.
            items: If ``needs_real_inputs``, real items ``[N, *shape]``, or ``[N, inputs_per_sample, *shape]`` if a
                sample needs more than one; else None.
        """
        return drawn

    def lengths(self, networks: nn.ModuleDict, size: int) -> list[int]:
        """Return how many of the ``size`` numbers that :meth:`sample` takes belong together, part by part."""
        return [size]

    def translate(self, networks: nn.ModuleDict, x: Tensor, *, back: bool = False) -> Tensor:
        """Return items ``[N, *shape]`` as they would be in the other domain: in b those of a, or ``back``.

        Raises:
            UserError: the algorithm knows no two domains.
        """
        raise UserError(f"{type(self).__name__} translates nothing; cyclegan-mnist does")

    def sample(self, networks: nn.ModuleDict, latent: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return samples ``[N, *shape]`` in about [-1, 1] for latents ``[N, size]``: those of G, unless said.

        Raises:
            UserError: a condition is given to an algorithm that knows none.
        """
        if condition is not None:
            raise UserError("this model was trained without classes, so it cannot sample one")
        samples: Tensor = networks["G"](latent)
        return samples

    def encode(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Return what the algorithm makes of samples ``[N, *shape]``, as networks see them: latents ``[N, size]``.

        Raises:
            UserError: it has no encoder.
        """
        raise UserError(f"{type(self).__name__} has no network that encodes samples; bigan-mnist has one")

    def reconstruct(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Return samples ``[N, *shape]`` made again of what they are encoded to. Raises UserError as :meth:`encode`."""
        return self.sample(networks, self.encode(networks, x))

    def features(self, networks: nn.ModuleDict, x: Tensor) -> dict[str, Tensor]:
        """Return features ``[N, F]`` of samples by the name of the network they are of; those of D, unless said."""
        if self.conditional or "D" not in networks or not hasattr(networks["D"], "discriminate"):
            return {}
        return {"D": networks["D"].discriminate(x).features}  # type: ignore[operator]

    def scores(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Return the discriminator's raw scores ``[N]`` of single samples ``[N, *shape]``, as networks see them.

        Raises:
            UserError: the discriminator judges something else; the message says what.
        """
        raise UserError(f"{type(self).__name__} has no network that judges a sample by itself")
