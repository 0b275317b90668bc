"""LeCam: real scores are pulled to the average fake score, and fake scores to the average real score.

Regularizing Generative Adversarial Networks under Limited Data (2021), arXiv:2104.03310.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.regularizers.base import Critic
from ganbench.regularizers.checks import check_every, check_weight
from ganbench.training.phase import Context


class LeCam(nn.Module):
    """weight * ((D(real) - fake anchor)² + (D(fake) - real anchor)²).

    An anchor is the exponential moving average, with this ``decay``, of the mean score over earlier updates; it starts
    at 0. The current update's scores are not included, so that all its samples have the same anchors.

    A Module, so that the anchors are saved with the algorithm. Scores are summed in buffers, and the anchors move at
    the next update. Microbatches therefore count as one batch, and so do several processes if their floating-point
    buffers are averaged after each update.

    Raises ``UserError`` if ``weight`` is negative or not finite, ``decay`` is not in [0, 1), or ``every`` is below 1.
    """

    name = "lecam"
    anchors: Tensor
    sums: Tensor
    count: Tensor
    update: Tensor

    def __init__(self, weight: float = 0.3, decay: float = 0.99, every: int = 1) -> None:
        super().__init__()
        check_weight("LeCam", "weight", weight)
        check_every("LeCam", every)
        if not 0 <= decay < 1:
            raise UserError(f"LeCam: decay must be at least 0 and below 1, but is {decay}")
        self.weight, self.decay, self.every = weight, decay, every
        self.register_buffer("anchors", torch.zeros(2))  # real, fake
        self.register_buffer("sums", torch.zeros(2))
        self.register_buffer("count", torch.zeros(()))
        self.register_buffer("update", torch.tensor(-1))

    def forward(self, critic: Critic, real: Batch, fake: Batch, context: Context) -> Tensor:
        """Return the term, ``[N]``, at least 0."""
        real_scores, fake_scores = critic(real.x, real.y).float(), critic(fake.x, fake.y).float()
        self._update_anchors(context.update)
        self.sums += torch.stack([real_scores.detach().sum(), fake_scores.detach().sum()])
        self.count += len(real)
        real_anchor, fake_anchor = self.anchors.clone()
        term: Tensor = (real_scores - fake_anchor).square() + (fake_scores - real_anchor).square()
        return self.weight * self.every * term

    def _update_anchors(self, update: int) -> None:
        """Move the anchors by the sums of the previous update and reset these, if ``update`` is a new one.

        Works on tensors only: reading a value would synchronise with the device.
        """
        new = self.update != update
        means = self.sums / self.count.clamp(min=1)
        self.anchors.lerp_(means, (1 - self.decay) * (new & (self.count > 0)))
        self.sums *= ~new
        self.count *= ~new
        self.update.fill_(update)
