"""What a trained model computes, in pieces that :class:`~ganbench.inference.model.Model` and exported models share."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from ganbench.algorithms.base import Algorithm
from ganbench.algorithms.capabilities import Encodes, PreparesLatents, Samples, Translates
from ganbench.data.base import DataInfo
from ganbench.errors import UserError, did_you_mean


@dataclass(frozen=True)
class Stages:
    """The steps from latents or items to results, for one batch, with the networks in the mode that they are in.

    Real items and samples, ``x``, are float32 ``[N, *shape]`` in about [-1, 1]. ``info.from_data`` and ``info.to_data``
    convert them from and to the data's own units: images uint8 ``[N, C, H, W]``, points float32 ``[N, D]``.

    Args:
        algorithm: Defines what the networks compute.
        networks: The networks by name.
        info: The training data's shape and value range.
    """

    algorithm: Algorithm
    networks: nn.ModuleDict
    info: DataInfo

    def prepare(self, latents: Tensor, items: Tensor | None = None) -> Tensor:
        """Return the input of :meth:`generate` for draws ``[N, size]`` and, if samples start from real items, those.

        ``items`` are in the data's own units, ``[N, *shape]`` or ``[N, inputs_per_sample, *shape]``.
        """
        algorithm = self.algorithm
        if not isinstance(algorithm, PreparesLatents):
            return latents
        x = None if items is None else self.info.from_data(items)
        return algorithm.prepare_latents(self.networks, latents, x)

    def generate(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return samples ``x`` for prepared latents and class numbers ``[N]`` or weights ``[N, classes]``.

        Raises:
            UserError: The algorithm generates no samples.
        """
        algorithm = self.algorithm
        if not isinstance(algorithm, Samples):
            raise UserError(f"{type(algorithm).__name__} generates no samples; it only encodes items")
        return algorithm.sample(self.networks, latents, condition)

    def encode(self, x: Tensor) -> Tensor:
        """Return the latents ``[N, size]`` of items ``x``. Raises UserError if the model has no encoder."""
        algorithm = self.algorithm
        if not isinstance(algorithm, Encodes):
            raise UserError(f"{type(algorithm).__name__} has no encoder; the recipe bigan-mnist has one")
        return algorithm.encode(self.networks, x)

    def translate(self, x: Tensor, target: str) -> Tensor:
        """Return items ``x`` translated to the domain ``target``. Raises like :meth:`translator`."""
        return self.translator(target).translate(self.networks, x, target=target)

    def translator(self, target: str) -> Translates:
        """Return the algorithm, if it translates to the domain ``target``.

        Raises:
            UserError: The model does not translate, or has no such domain.
        """
        algorithm = self.algorithm
        if not isinstance(algorithm, Translates):
            raise UserError(f"{type(algorithm).__name__} translates no items; the recipe cyclegan-mnist does")
        if target not in algorithm.domains:
            raise UserError(f"there is no domain '{target}'{did_you_mean(target, algorithm.domains)}")
        return algorithm
