"""Small networks on vectors: what a representation is turned into for G, and read back from D's features.

The parts T and Q of a GAN on representations, and those of a GAN that makes representations.
"""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn
from torch.nn import functional

from ganbench.errors import UserError
from ganbench.layers.initialisation import zero_biases
from ganbench.layers.normalisation import Norm1d, norm_1d


class VectorMap(nn.Module):
    """Vectors ``[N, inputs]`` -> vectors ``[N, outputs]`` by a linear layer. Raises ``UserError`` for sizes below 1."""

    def __init__(self, *, inputs: int, outputs: int) -> None:
        super().__init__()
        _check("VectorMap", inputs=inputs, outputs=outputs)
        self.layer = nn.Linear(inputs, outputs)
        zero_biases(self)

    def forward(self, x: Tensor) -> Tensor:
        """Return vectors ``[N, outputs]``."""
        return cast(Tensor, self.layer(x))


class RepresentationReader(nn.Module):
    """D's features ``[N, features]`` -> a guess of the representation ``[N, size]``, by ``width`` leaky ReLUs.

    Raises ``UserError`` for sizes below 1.
    """

    def __init__(self, *, features: int, size: int = 256, width: int = 128) -> None:
        super().__init__()
        _check("RepresentationReader", features=features, size=size, width=width)
        self.layers = nn.Sequential(nn.Linear(features, width), nn.LeakyReLU(0.2), nn.Linear(width, size))
        zero_biases(self)

    def forward(self, features: Tensor) -> Tensor:
        """Return guesses ``[N, size]``."""
        return cast(Tensor, self.layers(features))


class RepresentationGenerator(nn.Module):
    """Latent vectors ``[N, latent]`` -> representations ``[N, size]`` of length 1.

    ``depth`` hidden layers of ``width``, each with a norm and leaky ReLU of slope 0.2, then a linear layer. Raises
    ``UserError`` for sizes below 1 or an unknown norm.
    """

    def __init__(
        self, *, latent: int, size: int = 256, width: int = 256, depth: int = 3, norm: Norm1d = "batch"
    ) -> None:
        super().__init__()
        _check("RepresentationGenerator", latent=latent, size=size, width=width, depth=depth)
        layers: list[nn.Module] = []
        for before in (latent, *[width] * (depth - 1)):
            layers += [nn.Linear(before, width), norm_1d(norm, width), nn.LeakyReLU(0.2, inplace=True)]
        self.layers = nn.Sequential(*layers, nn.Linear(width, size))
        zero_biases(self)

    def forward(self, z: Tensor) -> Tensor:
        """Return representations ``[N, size]`` of length 1."""
        return functional.normalize(self.layers(z))


def _check(name: str, **sizes: int) -> None:
    for word, size in sizes.items():
        if size < 1:
            raise UserError(f"{name}: {word} must be at least 1, but is {size}")
