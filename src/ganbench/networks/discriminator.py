"""What conditional discriminators share: a trunk that makes features, and a last part that judges by them."""

from __future__ import annotations

from abc import abstractmethod

from torch import Tensor, nn

from ganbench.conditioning.base import DiscriminatorConditioning, Head, SampleInput
from ganbench.conditioning.judgement import Judgement


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

    def judge(self, x: Tensor, condition: Tensor | None = None) -> Judgement:
        """Return all that it says of samples ``[N, *shape]``. Raises ValueError if a condition is missing."""
        maps = self._maps(x, condition)
        if self.head is None:
            return Judgement(self.score(maps), self.features(maps))
        judged: Judgement = self.head(self.features(maps), condition)
        return judged

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return raw scores ``[N]``."""
        if self.head is None:
            return self.score(self._maps(x, condition))
        return self.judge(x, condition).scores

    def _maps(self, x: Tensor, condition: Tensor | None) -> Tensor:
        x = self.flat(x)
        return self.trunk(x if self.input is None else self.input(x, condition))
