"""What conditional generators share: a latent vector, joined with the condition if that is the choice."""

from __future__ import annotations

from functools import partial

from torch import Tensor, nn

from ganbench.conditioning.base import GeneratorConditioning, VectorInput
from ganbench.networks.layers.normalisation import Norm1d, Norm2d, norm_1d, norm_2d


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
