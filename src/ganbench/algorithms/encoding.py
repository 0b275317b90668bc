"""The base class of algorithms with an encoder E, which maps samples to the latents that G takes."""

from __future__ import annotations

from torch import Tensor, nn

from ganbench.algorithms.base import GenerativeAlgorithm


class EncodingAlgorithm(GenerativeAlgorithm):
    """An algorithm with a generator G and an encoder E."""

    averaged = ("G", "E")

    def encode(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Return E's latents ``[N, size]`` of samples ``[N, *shape]``."""
        latents: Tensor = networks["E"](x)
        return latents

    def reconstruct(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Return G(E(x))."""
        return self.sample(networks, self.encode(networks, x))

    def features(self, networks: nn.ModuleDict, x: Tensor) -> dict[str, Tensor]:
        """Return E's latents."""
        return {"E": self.encode(networks, x)}
