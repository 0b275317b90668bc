"""How well numbers found without labels agree with known ones: cluster accuracy and shares of mutual information.

Cluster accuracy is that of Unsupervised Deep Embedding for Clustering Analysis (2015), arXiv:1511.06335; the normalised
mutual information has the arithmetic mean of both entropies below, as in Information Theoretic Measures for
Clusterings Comparison (2010), JMLR 11.
"""

from __future__ import annotations

import torch
from torch import Tensor


def counts(one: Tensor, other: Tensor) -> Tensor:
    """Return how often each pair of numbers occurs, float64 ``[values, values]``, for int64 ``[N]`` each."""
    rows, columns = int(one.max()) + 1, int(other.max()) + 1
    pairs = torch.bincount(one * columns + other, minlength=rows * columns)
    return pairs.reshape(rows, columns).double()


def majority_accuracy(clusters: Tensor, labels: Tensor) -> float:
    """Return the share of items whose label is the commonest one of their cluster (several may share a label)."""
    table = counts(clusters, labels)
    return float(table.amax(1).sum() / table.sum())


def matched_accuracy(clusters: Tensor, labels: Tensor) -> float:
    """Return the largest share of right items where each cluster stands for another label, or for none.

    The matching is found exactly, in time that doubles with each label. Raises ValueError for more than 12 labels.
    """
    table = counts(clusters, labels)
    labels_there = table.shape[1]
    if labels_there > 12:
        raise ValueError(f"{labels_there} labels are too many to match one by one; take the majority's")
    best = {0: 0.0}  # most right items so far, by the set of labels that are taken
    for row in table.tolist():
        further = dict(best)
        for taken, right in best.items():
            for label, number in enumerate(row):
                key = taken | 1 << label
                if key != taken and right + number > further.get(key, -1.0):
                    further[key] = right + number
        best = further
    return max(best.values()) / float(table.sum())


def mutual_information(one: Tensor, other: Tensor) -> float:
    """Return the mutual information of two lists of whole numbers ``[N]``, in nats, by their frequencies."""
    joint = counts(one, other)
    joint = joint / joint.sum()
    return _entropy(joint.sum(1)) + _entropy(joint.sum(0)) - _entropy(joint.flatten())


def normalised_mutual_information(one: Tensor, other: Tensor) -> float:
    """Return the mutual information over the mean of both entropies: 1 for the same partition, 0 for unrelated ones."""
    mean = (mutual_information(one, one) + mutual_information(other, other)) / 2
    return mutual_information(one, other) / mean if mean > 0 else 0.0


def told_share(one: Tensor, other: Tensor) -> float:
    """Return how much of the entropy of ``other`` is told by ``one``, from 0 to 1 (0 where there is none to tell)."""
    whole = mutual_information(other, other)
    return max(0.0, mutual_information(one, other) / whole) if whole > 0 else 0.0


def binned(values: Tensor, bins: int = 10) -> Tensor:
    """Return the number of the quantile bin of each value, int64 ``[N]``; whole numbers stay as they are."""
    if not values.is_floating_point():
        return values
    edges = torch.quantile(values.double(), torch.linspace(0, 1, bins + 1, dtype=torch.float64)[1:-1])
    return torch.bucketize(values.double(), edges)


def _entropy(shares: Tensor) -> float:
    return float(-torch.xlogy(shares, shares).sum())
