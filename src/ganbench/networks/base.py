"""What conditional generators share: a latent vector, joined with the condition if that is the choice."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from functools import partial

from torch import Tensor, nn

from ganbench.conditioning.base import (
    DiscriminatorConditioning,
    GeneratorConditioning,
    Head,
    SampleInput,
    VectorInput,
)
from ganbench.conditioning.discriminator_output import DiscriminatorOutput
from ganbench.layers.normalisation import Norm1d, Norm2d, norm_1d, norm_2d


class Generator(nn.Module):
    """Latent vectors ``[N, latent]`` and, if it was made for one, their condition -> samples ``[N, *shape]``."""

    input: VectorInput | None

    def condition_on(self, conditioning: GeneratorConditioning | None, latent: int, classes: int) -> int:
        """Take in the conditioning's input; return the first layer's size. Raises UserError without classes."""
        self.conditioning = conditioning or GeneratorConditioning()
        self.classes = classes
        self.input = self.conditioning.vector(latent, classes)
        return latent if self.input is None else self.input.size

    @property
    def needs_condition(self) -> bool:
        """Whether it cannot make samples without a condition."""
        return self.conditioning.needs_condition

    def joined(self, z: Tensor, condition: Tensor | None) -> Tensor:
        """Return what the first layer gets, ``[N, size]``."""
        return z if self.input is None else self.input(z, condition)

    def plane(self, sides: tuple[int, int]) -> tuple[list[nn.Module], int]:
        """Return what the first map passes before anything else, in a list, and how many channels that adds."""
        plane = self.conditioning.plane(sides, self.classes)
        return ([], 0) if plane is None else ([plane], plane.added)

    def norm_1d(self, kind: Norm1d, channels: int, affine: bool = True) -> nn.Module:
        """Return a norm of features as the conditioning has it; if ``affine``, with a gain and a bias of its own."""
        return self.conditioning.conditional_norm(
            lambda own: norm_1d(kind, channels, own and affine), channels, self.classes
        )

    def norm_2d(self, kind: Norm2d, channels: int) -> nn.Module:
        """Return a norm of maps as the conditioning has it."""
        return self.conditioning.conditional_norm(partial(norm_2d, kind, channels), channels, self.classes)


class Discriminator(nn.Module):
    """Samples ``[N, *shape]`` and, if it was made for one, their condition -> raw scores ``[N]``.

    A network of this kind makes maps by its trunk, features ``[N, feature_size]`` of the maps, and the score by a
    last layer of its own, which a conditioning may replace by a head.
    """

    feature_size: int
    input: SampleInput | None
    head: Head | None

    def condition_on(
        self, conditioning: DiscriminatorConditioning | None, shape: tuple[int, ...], classes: int
    ) -> tuple[int, ...]:
        """Take in the conditioning's input; return the samples' shape behind it. Raises UserError without classes."""
        self.conditioning = conditioning or DiscriminatorConditioning()
        self.classes = classes
        self.input = self.conditioning.input(shape, classes)
        return shape if self.input is None else self.input.shape

    def end_in(self, features: int) -> bool:
        """Take in the conditioning's head, if any, for that many features; return whether there is one."""
        self.feature_size = features
        self.head = self.conditioning.head(features, self.classes)
        return self.head is not None

    @property
    def needs_condition(self) -> bool:
        """Whether it cannot judge without a condition."""
        return self.conditioning.needs_condition

    def flat(self, x: Tensor) -> Tensor:
        """Return samples as the network sees them: as they are, unless it takes vectors."""
        return x

    @abstractmethod
    def trunk(self, x: Tensor) -> Tensor:
        """Return maps of what is left of samples when they have passed the input of the condition."""

    @abstractmethod
    def features(self, maps: Tensor) -> Tensor:
        """Return features ``[N, feature_size]`` of the trunk's maps."""

    @abstractmethod
    def score(self, maps: Tensor) -> Tensor:
        """Return raw scores ``[N]`` by the network's own last layer."""

    def discriminate(self, x: Tensor, condition: Tensor | None = None) -> DiscriminatorOutput:
        """Return all that it says of samples ``[N, *shape]``. Raises ValueError if a condition is missing."""
        maps = self._maps(x, condition)
        if self.head is None:
            return DiscriminatorOutput(self.score(maps), self.features(maps))
        judged: DiscriminatorOutput = self.head(self.features(maps), condition)
        return judged

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return raw scores ``[N]``."""
        if self.head is None:
            return self.score(self._maps(x, condition))
        return self.discriminate(x, condition).scores

    def _maps(self, x: Tensor, condition: Tensor | None) -> Tensor:
        x = self.flat(x)
        return self.trunk(x if self.input is None else self.input(x, condition))


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
