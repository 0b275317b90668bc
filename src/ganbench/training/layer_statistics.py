"""Statistics of every parameter for the log: the norm of its gradient, and its mean and standard deviation."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

#: Euclidean norm of the gradient, mean, standard deviation; None if there is no finite number.
Statistics = tuple[float | None, float | None, float | None]


@torch.no_grad()
def parameter_statistics(networks: nn.ModuleDict, names: Iterable[str]) -> dict[str, Statistics]:
    """Return the statistics of every parameter of the named networks, by ``network.parameter``.

    Numbers are rounded to five digits. They leave the device in one transfer, so that a GPU is synchronized once.
    """
    parameters = {f"{name}.{key}": p for name in names for key, p in networks[name].named_parameters()}
    if not parameters:
        return {}
    moments = [torch.std_mean(p.float(), correction=0) for p in parameters.values()]
    means, stds = (torch.stack([pair[i] for pair in moments]) for i in (1, 0))
    table = torch.stack([_gradient_norms(list(parameters.values())), means, stds]).tolist()
    columns = zip(*([_rounded(v) for v in row] for row in table), strict=True)
    return {key: (norm, mean, std) for key, (norm, mean, std) in zip(parameters, columns, strict=True)}


def _gradient_norms(parameters: list[nn.Parameter]) -> Tensor:
    """Return the norm of each parameter's gradient, NaN if it has none."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    norms = iter(torch._foreach_norm(gradients) if gradients else ())
    missing = torch.full((), math.nan, device=parameters[0].device)
    return torch.stack([missing if p.grad is None else next(norms).float() for p in parameters])


def _rounded(value: float) -> float | None:
    return float(f"{value:.5g}") if math.isfinite(value) else None
