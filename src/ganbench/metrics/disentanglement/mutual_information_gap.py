"""The mutual information gap: how much more one code knows about a factor than any other code.

Isolating Sources of Disentanglement in Variational Autoencoders (2018), arXiv:1802.04942, section 4.1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

BINS = 20  # of continuous codes and factors, as is usual
_MIN_LENGTH = 0.5  # of the vector of a cyclic factor; a shorter one has no phase


@dataclass(frozen=True)
class InformationGap:
    """The gaps of factors, and what they are computed from.

    Attributes:
        value: The mean gap.
        gaps: The gap of each factor.
        shares: By code and factor, the mutual information as a share of the factor's entropy.
    """

    value: float
    gaps: Mapping[str, float]
    shares: Mapping[str, Mapping[str, float]]


def mutual_information_gap(codes: Mapping[str, Tensor], factors: Mapping[str, Tensor]) -> InformationGap:
    """Return the mean over factors of the gap between the two codes that know most, as a share of the entropy.

    It is 1 if each factor is determined by one code and independent of the others (equation 6 of the paper). A factor
    that does not vary has no gap and is left out.

    Args:
        codes: Codes ``[N]`` by name: int64 classes, or floats, which are divided into bins of equally many samples.
        factors: Factors by name: int64 classes ``[N]``; floats ``[N]`` or ``[N, 1]``, divided into such bins, too; or
            cyclic ones as vectors ``[N, 2]`` on the circle, divided into equal arcs.
    """
    binned = {name: discretize(values) for name, values in codes.items()}
    shares: dict[str, dict[str, float]] = {name: {} for name in codes}
    gaps = {}
    for factor, values in factors.items():
        classes = discretize(values)
        entropy = mutual_information(classes, classes)
        if entropy < 1e-9:
            continue
        for name, code in binned.items():
            shares[name][factor] = mutual_information(code, classes) / entropy
        first, second, *_ = [*sorted((row[factor] for row in shares.values()), reverse=True), 0.0]
        gaps[factor] = first - second
    return InformationGap(sum(gaps.values()) / max(len(gaps), 1), gaps, shares)


def mutual_information(a: Tensor, b: Tensor) -> float:
    """Return the mutual information of two classes of ``[N]`` samples, in nats; of one with itself, its entropy.

    It is that of the observed frequencies, which is biased upwards by about (A - 1) (B - 1) / 2N for A and B classes.
    """
    _, a = torch.unique(a, return_inverse=True)
    _, b = torch.unique(b, return_inverse=True)
    joint = torch.zeros(int(a.max()) + 1, int(b.max()) + 1, dtype=torch.float64)
    joint.index_put_((a, b), torch.ones(len(a), dtype=torch.float64), accumulate=True)
    joint /= len(a)
    independent = joint.sum(1, keepdim=True) * joint.sum(0, keepdim=True)
    return float((torch.xlogy(joint, joint) - torch.xlogy(joint, independent)).sum().clamp(min=0))


def discretize(values: Tensor) -> Tensor:
    """Return classes int64 ``[N]``; see :func:`mutual_information_gap` for the kinds of values."""
    if not values.is_floating_point():
        return values
    if values.dim() == 2 and values.shape[1] == 2:
        phase = torch.atan2(values[:, 1], values[:, 0]) / (2 * math.pi) % 1
        arc = (phase * BINS).long().clamp(max=BINS - 1)
        return torch.where(values.norm(dim=1) < _MIN_LENGTH, BINS, arc)
    flat = values.reshape(len(values)).double()
    edges = torch.quantile(flat, torch.linspace(0, 1, BINS + 1, dtype=torch.float64)[1:-1])
    return torch.bucketize(flat, torch.unique(edges), right=True)
