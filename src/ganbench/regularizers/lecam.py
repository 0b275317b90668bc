"""LeCam: real scores are held to where fake ones were on average, and the reverse.

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
    """weight * ((D(real) - anchor of fake)² + (D(fake) - anchor of real)²).

    An anchor is the moving average of the mean score over earlier updates; it starts at 0 and keeps ``decay`` of
    itself at each update. An update's own scores do not count, so that every sample meets the same anchors.

    A Module, so that the anchors are saved with the algorithm that has the term. Scores are first added up in
    buffers and make the anchors move at the next update: so microbatches are one batch, and so are processes
    whose floating-point buffers are averaged after each update.

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
            raise UserError(f"LeCam: decay is a share from 0 to below 1, but is {decay}")
        self.weight, self.decay, self.every = weight, decay, every
        self.register_buffer("anchors", torch.zeros(2))  # of real, of fake
        self.register_buffer("sums", torch.zeros(2))
        self.register_buffer("count", torch.zeros(()))
        self.register_buffer("update", torch.tensor(-1))

    def forward(self, critic: Critic, real: Batch, fake: Batch, context: Context) -> Tensor:
        """Return the term, ``[N]``, at least 0."""
        on_real, on_fake = critic(real.x, real.y).float(), critic(fake.x, fake.y).float()
        self._move_anchors(context.update)
        self.sums += torch.stack([on_real.detach().sum(), on_fake.detach().sum()])
        self.count += len(real)
        of_real, of_fake = self.anchors.clone()
        term: Tensor = (on_real - of_fake).square() + (on_fake - of_real).square()
        return self.weight * self.every * term

    def _move_anchors(self, update: int) -> None:
        """Let the anchors follow the scores added up in an earlier update, if this is the first batch of a new one."""
        new = (
            self.update != update
        )  # all of this without asking the device, which would have to be waited for
        means = self.sums / self.count.clamp(min=1)
        self.anchors.lerp_(means, (1 - self.decay) * (new & (self.count > 0)))
        self.sums *= ~new
        self.count *= ~new
        self.update.fill_(update)
