"""Top-k training: G learns only from its fakes that D scores highest.

Top-k Training of GANs: Improving GAN Performance by Throwing Away Bad Samples (2020), arXiv:2002.06224.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ganbench.errors import UserError


def keep_highest(losses: Tensor, scores: Tensor, share: float) -> Tensor:
    """Return G's losses ``[N]`` with 0 for all but the ``share`` of the fakes that D scores highest.

    The others are scaled, so that the mean of the result is the mean loss of those k fakes, at least one (the paper's
    equation 3). With several processes or microbatches, each keeps the share of its own fakes.

    Args:
        losses: G's losses.
        scores: D's scores of the same fakes.
        share: k as a share of N, above 0 and at most 1.

    Raises:
        UserError: the share is out of range.

    Example:
        >>> keep_highest(torch.tensor([1.0, 2.0, 3.0, 4.0]), torch.tensor([0.3, 0.9, -1.0, 0.5]), 0.5)
        tensor([0., 4., 0., 8.])
    """
    if not 0 < share <= 1:
        raise UserError(f"algorithm.top_k must be a share above 0 and at most 1, not {share:g}")
    if share == 1:
        return losses
    count = max(1, round(share * len(scores)))
    kept = torch.zeros_like(losses).scatter(0, scores.topk(count).indices, len(scores) / count)
    return losses * kept
