"""What the discriminators share whose layers end in a vector: it is the features, and a last layer scores it."""

from __future__ import annotations

from torch import Tensor, nn

from ganbench.networks.discriminator import Discriminator


class FlatDiscriminator(Discriminator):
    """Samples ``[N, *shape]`` -> raw scores ``[N]``: ``layers`` make the features, ``last`` the score of them.

    One with a head of its conditioning has no ``last``.
    """

    layers: nn.Sequential
    last: nn.Linear

    def trunk(self, x: Tensor) -> Tensor:
        """Return features ``[N, feature_size]``."""
        features: Tensor = self.layers(x)
        return features

    def features(self, maps: Tensor) -> Tensor:
        """Return them as they are."""
        return maps

    def score(self, maps: Tensor) -> Tensor:
        """Return raw scores ``[N]``."""
        scores: Tensor = self.last(maps)
        return scores.squeeze(1)
