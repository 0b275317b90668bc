"""What a discriminator says of samples: how real each is and, where it has been asked, of which class."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class DiscriminatorOutput(NamedTuple):
    """Raw ``scores`` ``[N]``, the ``features`` ``[N, F]`` they were read from, and what a further head says.

    ``classes`` ``[N, K]`` are a classifier's logits, or the cosines between ``embedding`` ``[N, E]`` (rows of
    length 1) and the class's own vector. None where there is no such head.
    """

    scores: Tensor
    features: Tensor | None = None
    classes: Tensor | None = None
    embedding: Tensor | None = None

    def split(self, rows: int) -> tuple[DiscriminatorOutput, DiscriminatorOutput]:
        """Return the judgement of the first ``rows`` samples and that of the rest."""
        pieces = [(None, None) if t is None else (t[:rows], t[rows:]) for t in self]
        first, rest = zip(*pieces, strict=True)
        return DiscriminatorOutput(*first), DiscriminatorOutput(*rest)


def normalised(x: Tensor) -> Tensor:
    """Return rows ``[N, E]`` divided by their length; a tiny floor keeps the slope finite at 0."""
    return x * torch.rsqrt(x.square().sum(1, keepdim=True) + 1e-12)
