"""Find out whether a recipe's seeds stay apart when they are trained together, by training a few steps both ways."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ganbench.errors import UserError
from ganbench.training.trainer import Trainer
from ganbench.training.vectorized.trainer import VectorizedTrainer

_STEPS = 2
_TOLERANCE = (
    1e-3  # of losses; of changes of weights a tenth, since optimizers enlarge rounding where gradients are ~0
)
_WEIGHT_TOLERANCE = 0.1


def require_separate_seeds(
    make_member: Callable[[int], Trainer],
    seeds: Sequence[int],
    optimizers: Callable[[str, Iterable[nn.Parameter]], Optimizer],
) -> None:
    """Raise UserError if two seeds that are trained together differ from those trained alone by more than rounding.

    Args:
        make_member: Builds the trainer of a seed.
        seeds: Two seeds.
        optimizers: A function that builds the optimizer of one network from the network's name and parameters.
    """
    alone, joined = [make_member(seed) for seed in seeds], [make_member(seed) for seed in seeds]
    before = [copy.deepcopy(list(trainer.networks.parameters())) for trainer in alone]
    together = VectorizedTrainer(joined, optimizers)
    with together.engine.fork_random_state():
        for _ in range(_STEPS):
            together.train_step()
            for trainer in alone:
                trainer.train_step()
    together.synchronize()
    for own, member, start in zip(alone, joined, before, strict=True):
        losses = own.log.peek(), member.log.peek()
        for name, value in losses[0].items():
            if abs(value - losses[1][name]) > _TOLERANCE * max(1.0, abs(value)):
                raise UserError(
                    f"this recipe cannot be vectorized: with seed {own.seed}, '{name}' is {losses[1][name]:.4g} beside "
                    f"another seed and {value:.4g} alone; train the seeds one by one"
                )
        difference = _distance(own.networks.parameters(), member.networks.parameters())
        if difference > _WEIGHT_TOLERANCE * _distance(own.networks.parameters(), start):
            raise UserError(
                f"this recipe cannot be vectorized: the weights of seed {own.seed} depend on the other seed's; "
                "train the seeds one by one"
            )


def _distance(a: Iterable[Tensor], b: Iterable[Tensor]) -> float:
    with torch.no_grad():
        return sum(float((x - y).abs().sum()) for x, y in zip(a, b, strict=True))
