"""The direction in which the generator's loss pushes each fake: minus its gradient with respect to the fake.

GAN Lab (Kahng et al., "GAN Lab: Understanding Complex Deep Generative Models using Interactive Visual
Experimentation", 2018, arXiv 1809.01587) draws these gradients as lines at the fakes.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganbench.algorithms.base import Algorithm
from ganbench.algorithms.capabilities import ScoresSamples
from ganbench.utils.batched import eval_mode


def push_on_fakes(
    algorithm: Algorithm, networks: nn.ModuleDict, fakes: Tensor, real: Tensor
) -> Tensor | None:
    """Return minus the gradient of G's adversarial loss with respect to each fake, or None if it is not defined.

    It is that of a fake's own loss, not of the mean over the batch, so it does not depend on the number of fakes. The
    networks are in eval mode, and neither their weights' gradients nor their buffers change.

    Args:
        algorithm: The algorithm.
        networks: The networks, D included.
        fakes: Samples of G, ``[N, D]``, as networks see them.
        real: As many real samples, for losses that compare the two.

    Returns:
        ``[N, D]`` in the networks' coordinates. None if the algorithm has no loss of scores, or D scores no single
        samples.

    Raises:
        UserError: D, as configured, scores something else than single samples.
    """
    loss = algorithm.loss
    if loss is None or not isinstance(algorithm, ScoresSamples):
        return None
    with eval_mode(networks), torch.enable_grad():
        at = fakes.detach().requires_grad_(True)
        real_scores = None
        if loss.generator_needs_real:
            with torch.no_grad():
                real_scores = algorithm.scores(networks, real)
        total = loss.generator(real_scores, algorithm.scores(networks, at)).sum()
        (gradient,) = torch.autograd.grad(total, at)
    return -gradient
