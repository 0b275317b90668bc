"""What a discriminator returns: scores, features and, with a classifying head, class predictions."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class DiscriminatorOutput(NamedTuple):
    """Raw ``scores`` ``[N]``, the ``features`` ``[N, F]`` that they were computed from, and extra outputs of a head.

    ``classes`` ``[N, K]`` are class logits, or the cosines between ``embedding`` ``[N, E]`` (rows of length 1) and the
    class vectors. Fields are None where the network does not compute them.
    """

    scores: Tensor
    features: Tensor | None = None
    classes: Tensor | None = None
    embedding: Tensor | None = None

    def split(self, rows: int) -> tuple[DiscriminatorOutput, DiscriminatorOutput]:
        """Return the output for the first ``rows`` samples and the output for the rest."""
        pieces = [(None, None) if t is None else (t[:rows], t[rows:]) for t in self]
        first, rest = zip(*pieces, strict=True)
        return DiscriminatorOutput(*first), DiscriminatorOutput(*rest)


def l2_normalize(x: Tensor) -> Tensor:
    """Return rows ``[N, E]`` divided by their length; a small constant keeps the gradient finite at 0."""
    return x * torch.rsqrt(x.square().sum(1, keepdim=True) + 1e-12)
