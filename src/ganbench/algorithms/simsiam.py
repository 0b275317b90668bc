"""Representations from two views of each picture, without labels, fakes or negatives.

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
    """An encoder f of pictures and a predictor h: h(f(one view)) is to be f(the other view), which stands still.

    The term is the negative cosine of both, halved over the two directions. ``spread`` is logged and has no gradient:
    the standard deviation of each channel of f's outputs of length 1, averaged and times the root of their number.
    It is near 1 for outputs in all directions, and 0 if all are alike: collapse.
    """

    networks: ClassVar[tuple[str, ...]] = ("f", "h")
    averaged = ()
    generates = False

    def __init__(self, *, views: Callable[..., Tensor] | None = None) -> None:
        super().__init__()
        self.views = Views() if views is None else views

    def phases(self) -> tuple[Phase, ...]:
        """Return the one phase, which moves both networks."""
        return (Phase("f", ("f", "h"), self.terms),)

    def terms(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> LossDict:
        """Return the term ``[N]`` of both networks, and the spread."""
        assert batch is not None, "the phase reads data"
        one, two = (networks["f"](self.views(batch.x, context.draws)) for _ in range(2))
        similarity = [
            functional.cosine_similarity(networks["h"](z), still.detach(), dim=1)
            for z, still in ((one, two), (two, one))
        ]
        return {"similarity": -(similarity[0] + similarity[1]) / 2, "spread": spread(one.detach())}

    def encode(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Return f's outputs ``[N, F]`` of pictures ``[N, C, H, W]``, of length 1."""
        return functional.normalize(networks["f"](x))

    def features(self, networks: nn.ModuleDict, x: Tensor) -> dict[str, Tensor]:
        """Return the features before f's projector, by which the paper judges it, and f's outputs."""
        maps = networks["f"].features(x)  # type: ignore[operator]
        return {"f": maps, "f projected": networks["f"].projected(maps)}  # type: ignore[operator]


def spread(outputs: Tensor) -> Tensor:
    """Return the mean standard deviation of the channels of outputs ``[N, F]`` of length 1, times the root of F."""
    deviations: Tensor = functional.normalize(outputs).std(0, correction=0)
    return deviations.mean() * math.sqrt(outputs.shape[1])
