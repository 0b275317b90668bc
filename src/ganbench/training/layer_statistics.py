"""What moves inside networks: of each named parameter its gradient's norm and its values' mean and spread."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

#: Gradient's Euclidean norm, mean, standard deviation; None where there is no such finite number.
Statistics = tuple[float | None, float | None, float | None]


@torch.no_grad()
def parameter_statistics(networks: nn.ModuleDict, names: Iterable[str]) -> dict[str, Statistics]:
    """Return the statistics of every parameter of the named networks, by ``network.parameter``.

    Five digits of each are kept. All numbers leave the device in one go, so that a GPU is waited for once.
    """
    found = {f"{name}.{key}": p for name in names for key, p in networks[name].named_parameters()}
    if not found:
        return {}
    spreads = [torch.std_mean(p.float(), correction=0) for p in found.values()]
    means, stds = (torch.stack([pair[i] for pair in spreads]) for i in (1, 0))
    table = torch.stack([_gradient_norms(list(found.values())), means, stds]).tolist()
    columns = zip(*([_shortened(v) for v in row] for row in table), strict=True)
    return {key: (norm, mean, std) for key, (norm, mean, std) in zip(found, columns, strict=True)}


def _gradient_norms(parameters: list[nn.Parameter]) -> Tensor:
    """Return the norm of each parameter's gradient, NaN for those without one."""
    with_gradient = [p.grad for p in parameters if p.grad is not None]
    norms = iter(torch._foreach_norm(with_gradient) if with_gradient else ())
    missing = torch.full((), math.nan, device=parameters[0].device)
    return torch.stack([missing if p.grad is None else next(norms).float() for p in parameters])


def _shortened(value: float) -> float | None:
    return float(f"{value:.5g}") if math.isfinite(value) else None
