"""What the discriminators share whose layers end in a map: a pool makes the features of it, a last layer the score."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from ganbench.networks.discriminator import Discriminator


class MapDiscriminator(Discriminator):
    """Pictures ``[N, C, H, W]`` -> raw scores ``[N]``: ``layers`` make a map, ``pooled`` its features.

    One with a head of its conditioning has no ``last``.
    """

    layers: nn.Sequential
    smallest: tuple[int, int]
    pooled: Callable[[Tensor], Tensor]
    last: nn.Linear

    def trunk(self, x: Tensor) -> Tensor:
        """Return the smallest map. Raises ValueError for pictures of another size than the network was made for."""
        maps: Tensor = self.layers(x)
        if maps.shape[2:] != self.smallest:  # pooling would take any size
            raise ValueError(f"pictures of another size: their smallest map is {tuple(maps.shape[2:])}")
        return maps

    def features(self, maps: Tensor) -> Tensor:
        """Return what the pool makes of the positions, ``[N, feature_size]``."""
        return self.pooled(maps)

    def score(self, maps: Tensor) -> Tensor:
        """Return raw scores ``[N]``."""
        scores: Tensor = self.last(self.features(maps))
        return scores.squeeze(1)
