"""Representations from two views of each image, without labels, fakes or negatives.

Exploring Simple Siamese Representation Learning, 2020, arXiv 2011.10566.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional

from ganbench.algorithms.base import Algorithm
from ganbench.algorithms.views import Views
from ganbench.data.base import Batch
from ganbench.training.phase import Context, LossDict, Phase


class SimSiam(Algorithm):
    """An encoder f and a predictor h, trained so that h(f(one view)) equals f(the other view).

    The loss is the negative cosine of the two, without gradient through the latter, averaged over both directions.
    ``spread`` is logged and has no gradient: the standard deviation of each channel of f's normalized outputs, averaged
    over the channels, times the square root of their number. It is near 1 for outputs in all directions, and 0 if all
    outputs are equal (collapse).
    """

    networks: ClassVar[tuple[str, ...]] = ("f", "h")
    averaged = ()

    def __init__(self, *, views: Callable[..., Tensor] | None = None) -> None:
        super().__init__()
        self.views = Views() if views is None else views

    def phases(self) -> tuple[Phase, ...]:
        """Return the only phase, which updates both networks."""
        return (Phase("f", ("f", "h"), self.losses),)

    def losses(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> LossDict:
        """Return the loss ``[N]`` of both networks, and ``spread``."""
        assert batch is not None, "the phase reads data"
        z1, z2 = (networks["f"](self.views(batch.x, context.stream)) for _ in range(2))
        similarity = [
            functional.cosine_similarity(networks["h"](z), target.detach(), dim=1)
            for z, target in ((z1, z2), (z2, z1))
        ]
        return {"similarity": -(similarity[0] + similarity[1]) / 2, "spread": channel_std(z1.detach())}

    def encode(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Return f's outputs ``[N, F]`` for images ``[N, C, H, W]``, normalized to length 1."""
        return functional.normalize(networks["f"](x))

    def features(self, networks: nn.ModuleDict, x: Tensor) -> dict[str, Tensor]:
        """Return the features before f's projector, which the paper evaluates, and f's outputs."""
        features = networks["f"].features(x)  # type: ignore[operator]
        return {"f": features, "f projected": networks["f"].project(features)}  # type: ignore[operator]


def channel_std(outputs: Tensor) -> Tensor:
    """Return the mean standard deviation of the channels of normalized outputs ``[N, F]``, times the root of F."""
    deviations: Tensor = functional.normalize(outputs).std(0, correction=0)
    return deviations.mean() * math.sqrt(outputs.shape[1])
