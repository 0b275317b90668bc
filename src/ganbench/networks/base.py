"""Base classes of generators and discriminators that accept any conditioning."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from typing import ClassVar

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
    """Latent vectors ``[N, latent]`` and, with a conditioning, a condition -> samples ``[N, *shape]``.

    A subclass calls :meth:`set_conditioning` first. It then makes its norms with :meth:`norm_1d` and :meth:`norm_2d`,
    puts :meth:`make_plane_input` before its first map, and passes latents through :meth:`condition_latent`.
    """

    input: VectorInput | None

    def set_conditioning(self, conditioning: GeneratorConditioning | None, latent: int, classes: int) -> int:
        """Add the conditioning's input layer and return the first layer's size.

        Raises UserError if the conditioning needs classes and there are none.
        """
        self.conditioning = conditioning or GeneratorConditioning()
        self.classes = classes
        self.input = self.conditioning.make_vector_input(latent, classes)
        return latent if self.input is None else self.input.size

    @property
    def needs_condition(self) -> bool:
        """Whether it cannot make samples without a condition."""
        return self.conditioning.needs_condition

    def condition_latent(self, z: Tensor, condition: Tensor | None) -> Tensor:
        """Return the first layer's input, ``[N, size]``."""
        return z if self.input is None else self.input(z, condition)

    def make_plane_input(self, sides: tuple[int, int]) -> tuple[list[nn.Module], int]:
        """Return the layers to put before the first map (one or none) and how many channels they append."""
        plane = self.conditioning.make_plane_input(sides, self.classes)
        return ([], 0) if plane is None else ([plane], plane.extra_channels)

    def norm_1d(self, kind: Norm1d, channels: int, affine: bool = True) -> nn.Module:
        """Return a norm of features, conditional if the conditioning acts in norms.

        ``affine`` is whether an unconditional norm has a gain and a bias.
        """
        return self.conditioning.make_norm(
            lambda unconditional: norm_1d(kind, channels, unconditional and affine), channels, self.classes
        )

    def norm_2d(self, kind: Norm2d, channels: int) -> nn.Module:
        """Return a norm of maps, conditional if the conditioning acts in norms."""
        return self.conditioning.make_norm(partial(norm_2d, kind, channels), channels, self.classes)


class Discriminator(nn.Module):
    """Samples ``[N, *shape]`` and, with a conditioning, a condition -> raw scores ``[N]``.

    A pass has three parts: :meth:`extract_maps`, :meth:`pool_features` and :meth:`score_maps`. If the conditioning has
    a head, it takes the features and replaces the network's own last layer.

    A subclass calls :meth:`set_conditioning` first, and :meth:`add_head` once it knows the number of features.
    """

    flattens_samples: ClassVar[bool] = False
    feature_size: int
    input: SampleInput | None
    head: Head | None

    def set_conditioning(
        self, conditioning: DiscriminatorConditioning | None, shape: tuple[int, ...], classes: int
    ) -> tuple[int, ...]:
        """Add the conditioning's input layer and return the shape of its output.

        Raises UserError if the conditioning needs classes and there are none.
        """
        self.conditioning = conditioning or DiscriminatorConditioning()
        self.classes = classes
        self.input = self.conditioning.make_sample_input(shape, classes)
        return shape if self.input is None else self.input.shape

    def add_head(self, features: int) -> bool:
        """Add the conditioning's head for this number of features; return whether there is one."""
        self.feature_size = features
        self.head = self.conditioning.make_head(features, self.classes)
        return self.head is not None

    @property
    def needs_condition(self) -> bool:
        """Whether it cannot score samples without a condition."""
        return self.conditioning.needs_condition

    @abstractmethod
    def extract_maps(self, x: Tensor) -> Tensor:
        """Return the last maps (or feature vectors) of samples that have passed the conditioning's input layer."""

    @abstractmethod
    def pool_features(self, maps: Tensor) -> Tensor:
        """Return features ``[N, feature_size]`` of these maps."""

    @abstractmethod
    def score_maps(self, maps: Tensor) -> Tensor:
        """Return raw scores ``[N]`` of these maps by the network's own last layer."""

    def discriminate(self, x: Tensor, condition: Tensor | None = None) -> DiscriminatorOutput:
        """Return scores, features and any extra outputs of the head for samples ``[N, *shape]``.

        Raises ValueError if a condition is needed and missing.
        """
        maps = self.extract_maps(self._prepare_input(x, condition))
        if self.head is None:
            return DiscriminatorOutput(self.score_maps(maps), self.pool_features(maps))
        output: DiscriminatorOutput = self.head(self.pool_features(maps), condition)
        return output

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return raw scores ``[N]``."""
        if self.head is None:
            return self.score_maps(self.extract_maps(self._prepare_input(x, condition)))
        return self.discriminate(x, condition).scores

    def _prepare_input(self, x: Tensor, condition: Tensor | None) -> Tensor:
        x = x.flatten(1) if self.flattens_samples else x
        return x if self.input is None else self.input(x, condition)


class VectorDiscriminator(Discriminator):
    """A discriminator whose ``layers`` return feature vectors; the linear layer ``last`` returns their score.

    With a head of the conditioning, there is no ``last``.
    """

    layers: nn.Sequential
    last: nn.Linear

    def extract_maps(self, x: Tensor) -> Tensor:
        """Return features ``[N, feature_size]``."""
        features: Tensor = self.layers(x)
        return features

    def pool_features(self, maps: Tensor) -> Tensor:
        """Return the features unchanged."""
        return maps

    def score_maps(self, maps: Tensor) -> Tensor:
        """Return raw scores ``[N]``."""
        scores: Tensor = self.last(maps)
        return scores.squeeze(1)


class MapDiscriminator(Discriminator):
    """A discriminator of images ``[N, C, H, W]``: ``layers`` return a map, ``pool`` its features, ``last`` the score.

    With a head of the conditioning, there is no ``last``.
    """

    layers: nn.Sequential
    map_size: tuple[int, int]
    pool: Callable[[Tensor], Tensor]
    last: nn.Linear

    def extract_maps(self, x: Tensor) -> Tensor:
        """Return the last map. Raises ValueError if images have another size than the network was built for."""
        maps: Tensor = self.layers(x)
        return self.check_map_size(maps)

    def check_map_size(self, maps: Tensor) -> Tensor:
        """Return the maps. Raises ValueError if they have another size than ``map_size``."""
        size = tuple(maps.shape[2:])
        if size != self.map_size:  # pooling and convolutions would accept any size
            raise ValueError(f"images of another size: their last map is {size}, not {self.map_size}")
        return maps

    def pool_features(self, maps: Tensor) -> Tensor:
        """Return features ``[N, feature_size]``, pooled over positions."""
        return self.pool(maps)

    def score_maps(self, maps: Tensor) -> Tensor:
        """Return raw scores ``[N]``."""
        scores: Tensor = self.last(self.pool_features(maps))
        return scores.squeeze(1)
