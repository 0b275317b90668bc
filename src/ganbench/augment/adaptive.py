"""A probability that follows D's overfitting: Training GANs with Limited Data, 2020, arXiv 2006.06676, section 3.1."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganbench.errors import UserError
from ganbench.training.phase import Context


class AdaptiveProbability(nn.Module):
    """A probability that rises while D overfits, measured by the mean sign of D's scores of real images.

    Every ``every`` steps ``p`` rises if that mean is above ``target`` and falls otherwise, at a rate that takes it from
    0 to 1 in ``speed`` real images. The loss must therefore give real samples positive scores, as the cross-entropy and
    hinge losses do.

    It is a Module, so that ``p`` and its statistics are saved with the algorithm. Statistics are summed, and ``p``
    changes only after a whole step. Microbatches therefore count as one batch, and so do several processes if their
    buffers are averaged.

    Args:
        p: The initial probability, in [0, 1].
        target: The mean sign, in [-1, 1], above which ``p`` rises.
        speed: How many real images take ``p`` from 0 to 1.
        every: Steps between adjustments of ``p``.

    Raises:
        UserError: an argument is out of range.
    """

    probability: Tensor
    overfitting: Tensor
    signs: Tensor
    count: Tensor
    images: Tensor
    update: Tensor

    def __init__(self, p: float, target: float, speed: float, every: int) -> None:
        super().__init__()
        name = type(self).__name__
        if not (0 <= p <= 1 and -1 <= target <= 1):
            raise UserError(f"{name}: p is in [0, 1] and target in [-1, 1], but they are {p} and {target}")
        if not (speed >= 1 and every >= 1):
            raise UserError(
                f"{name}: speed (images) and every (steps) are at least 1, but are {speed} and {every}"
            )
        self.target, self.speed, self.every = target, speed, every
        self.register_buffer("probability", torch.tensor(float(p)))
        for name in ("overfitting", "signs", "count", "images"):
            self.register_buffer(name, torch.zeros(()))
        self.register_buffer("update", torch.tensor(-1))

    def observe_scores(self, scores: Tensor, context: Context) -> None:
        """Sum the signs of D's scores ``[N]`` of real images, from an update or one of its microbatches."""
        self.signs += scores.detach().float().sign().sum()
        self.count += len(scores)
        is_new = self.update != context.update  # False for further microbatches of an update
        self.images += is_new * (context.batch_size * context.stream.shards)  # of the global batch
        self.update.fill_(context.update)

    def adapt(self, step: int) -> None:
        """Adjust ``p`` at every ``every``-th step, and reset the statistics."""
        if (step + 1) % self.every:
            return
        self.overfitting.copy_(self.signs / self.count.clamp(min=1))
        change = (self.overfitting - self.target).sign() * self.images / self.speed
        self.probability.add_(change).clamp_(0, 1)
        for statistic in (self.signs, self.count, self.images):
            statistic.zero_()

    def extra_scalars(self) -> dict[str, Tensor]:
        """Return ``p`` and the mean sign at its last adjustment."""
        return {"p": self.probability.clone(), "overfitting": self.overfitting.clone()}

    def extra_repr(self) -> str:
        """Return the settings for ``repr``, with the current ``p``."""
        return f"p={float(self.probability):g}, target={self.target}, speed={self.speed}, every={self.every}"
