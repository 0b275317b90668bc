"""Small networks on vectors: for GANs conditioned on representations, and for GANs of representations."""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn
from torch.nn import functional

from ganbench.errors import UserError
from ganbench.layers.initialisation import init_zero_biases
from ganbench.layers.normalisation import Norm1d, norm_1d
from ganbench.networks.shape_plan import require_sizes


class VectorMap(nn.Module):
    """Vectors ``[N, inputs]`` -> vectors ``[N, outputs]`` by a linear layer. Raises ``UserError`` for sizes below 1."""

    def __init__(self, *, inputs: int, outputs: int) -> None:
        super().__init__()
        require_sizes("VectorMap", inputs=inputs, outputs=outputs)
        self.layer = nn.Linear(inputs, outputs)
        init_zero_biases(self)

    def forward(self, x: Tensor) -> Tensor:
        """Return vectors ``[N, outputs]``."""
        return cast(Tensor, self.layer(x))


class RepresentationReader(nn.Module):
    """D's features ``[N, features]`` -> predicted representations ``[N, size]``.

    A hidden layer of ``width`` with a leaky ReLU of ``slope``, then a linear layer. With slope 1 there is no
    nonlinearity, so the prediction is a linear map of rank ``width``. Raises ``UserError`` for sizes below 1 or a slope
    outside [0, 1].
    """

    def __init__(self, *, features: int, size: int = 256, width: int = 128, slope: float = 0.2) -> None:
        super().__init__()
        require_sizes("RepresentationReader", features=features, size=size, width=width)
        if not 0 <= slope <= 1:
            raise UserError(f"RepresentationReader: slope must be in [0, 1], but is {slope}")
        self.layers = nn.Sequential(nn.Linear(features, width), nn.LeakyReLU(slope), nn.Linear(width, size))
        init_zero_biases(self)

    def forward(self, features: Tensor) -> Tensor:
        """Return predictions ``[N, size]``."""
        return cast(Tensor, self.layers(features))


class RepresentationGenerator(nn.Module):
    """Latent vectors ``[N, latent]`` -> representations ``[N, size]`` of length 1.

    ``depth`` hidden layers of ``width``, each with a norm and a leaky ReLU of slope 0.2, then a linear layer. With
    ``normalize_output``, the same norm, without gain and bias, follows that layer, so that all numbers have the same
    spread before the vector is divided by its length. Raises ``UserError`` for sizes below 1 or an unknown norm.
    """

    def __init__(
        self,
        *,
        latent: int,
        size: int = 256,
        width: int = 256,
        depth: int = 3,
        norm: Norm1d = "batch",
        normalize_output: bool = False,
    ) -> None:
        super().__init__()
        require_sizes("RepresentationGenerator", latent=latent, size=size, width=width, depth=depth)
        layers: list[nn.Module] = []
        for in_features in (latent, *[width] * (depth - 1)):
            layers += [nn.Linear(in_features, width), norm_1d(norm, width), nn.LeakyReLU(0.2, inplace=True)]
        layers.append(nn.Linear(width, size))
        if normalize_output:
            layers.append(norm_1d(norm, size, affine=False))
        self.layers = nn.Sequential(*layers)
        init_zero_biases(self)

    def forward(self, z: Tensor) -> Tensor:
        """Return representations ``[N, size]`` of length 1."""
        return functional.normalize(self.layers(z))
