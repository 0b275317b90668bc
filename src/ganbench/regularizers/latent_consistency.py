"""Latent consistency (zCR): a small change of the latent should change the image, but not D's score.

Improved Consistency Regularization for GANs (2020), arXiv:2002.04724, section 3.2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from ganbench.regularizers.checks import check_weight
from ganbench.utils.random_stream import RandomStream


@dataclass(frozen=True)
class LatentConsistency:
    """discriminator * (D(G(z)) - D(G(z')))² for D, and -generator * mean((G(z) - G(z'))²) for G, with z' = z + noise.

    G's term is the paper's equation for L_gen: it keeps G from ignoring the latent. The defaults are the paper's for
    CIFAR-10, where ICR adds them to :class:`Consistency` with weights of 10.

    Attributes:
        discriminator: The weight of D's term.
        generator: The weight of G's term.
        noise: The standard deviation of the change of a latent.

    Raises:
        UserError: an argument is negative or not finite.
    """

    name: ClassVar[str] = "latent_consistency"
    discriminator: float = 5.0
    generator: float = 0.5
    noise: float = 0.03

    def __post_init__(self) -> None:
        for name in ("discriminator", "generator", "noise"):
            check_weight("LatentConsistency", name, getattr(self, name))

    def change(self, latents: Tensor, stream: RandomStream) -> Tensor:
        """Return latents ``[N, size]`` with noise added."""
        return latents + self.noise * stream.normal(*latents.shape)

    def discriminator_terms(
        self, score: Callable[[Tensor], Tensor], latents: Tensor, scores: Tensor, stream: RandomStream
    ) -> dict[str, Tensor]:
        """Return D's term by name, from the scores of fakes and a function from latents to scores; none at weight 0."""
        if not self.discriminator:
            return {}
        return {self.name: self.discriminator_term(scores, score(self.change(latents, stream)))}

    def generator_terms(
        self, generate: Callable[[Tensor], Tensor], latents: Tensor, samples: Tensor, stream: RandomStream
    ) -> dict[str, Tensor]:
        """Return G's term by name, from samples and the function that generates them; none at weight 0."""
        if not self.generator:
            return {}
        return {self.name: self.generator_term(samples, generate(self.change(latents, stream)))}

    def discriminator_term(self, scores: Tensor, changed: Tensor) -> Tensor:
        """Return D's term, ``[N]``, at least 0, from its scores of fakes and of those with changed latents."""
        return self.discriminator * (scores - changed).float().square()

    def generator_term(self, samples: Tensor, changed: Tensor) -> Tensor:
        """Return G's term, ``[N]``, at most 0, from samples ``[N, *shape]`` and those of changed latents."""
        return -self.generator * (samples - changed).float().square().flatten(1).mean(1)
