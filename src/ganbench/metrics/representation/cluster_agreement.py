"""Agreement of clusters with known labels: cluster accuracy and shares of mutual information.

Cluster accuracy is that of Unsupervised Deep Embedding for Clustering Analysis (2015), arXiv:1511.06335. The
normalised mutual information is divided by the arithmetic mean of both entropies, as in Information Theoretic Measures
for Clusterings Comparison (2010), JMLR 11.
"""

from __future__ import annotations

import torch
from torch import Tensor

MAX_LABELS = 12  # for cluster_accuracy, whose time doubles with each label


def contingency_table(a: Tensor, b: Tensor) -> Tensor:
    """Return how often each pair of values of ``a`` and ``b`` (int64 ``[N]``) occurs, float64 ``[values, values]``."""
    rows, columns = int(a.max()) + 1, int(b.max()) + 1
    pairs = torch.bincount(a * columns + b, minlength=rows * columns)
    return pairs.reshape(rows, columns).double()


def majority_accuracy(clusters: Tensor, labels: Tensor) -> float:
    """Return the share of items with the most frequent label of their cluster; clusters may share a label."""
    table = contingency_table(clusters, labels)
    return float(table.amax(1).sum() / table.sum())


def cluster_accuracy(clusters: Tensor, labels: Tensor) -> float:
    """Return the accuracy under the best one-to-one assignment of clusters to labels.

    Some clusters or labels may stay unassigned. The exact solution is found, in time that doubles with each label.
    Raises ValueError for more than 12 labels.
    """
    table = contingency_table(clusters, labels)
    label_count = table.shape[1]
    if label_count > MAX_LABELS:
        raise ValueError(f"{label_count} labels are too many for a one-to-one assignment; use the majority")
    best = {0: 0.0}  # bit set of assigned labels -> largest number of correct items so far
    for row in table.tolist():
        extended = dict(best)
        for assigned, correct in best.items():
            for label, number in enumerate(row):
                key = assigned | 1 << label
                if key != assigned and correct + number > extended.get(key, -1.0):
                    extended[key] = correct + number
        best = extended
    return max(best.values()) / float(table.sum())


def mutual_information(a: Tensor, b: Tensor) -> float:
    """Return the empirical mutual information of integers ``a`` and ``b`` ``[N]``, in nats."""
    joint = contingency_table(a, b)
    joint = joint / joint.sum()
    return _entropy(joint.sum(1)) + _entropy(joint.sum(0)) - _entropy(joint.flatten())


def normalised_mutual_information(a: Tensor, b: Tensor) -> float:
    """Return the mutual information over the mean of both entropies: 1 for equal partitions, 0 for independent ones."""
    mean = (mutual_information(a, a) + mutual_information(b, b)) / 2
    return mutual_information(a, b) / mean if mean > 0 else 0.0


def uncertainty_coefficient(predictor: Tensor, target: Tensor) -> float:
    """Return the share of the entropy of ``target`` that ``predictor`` explains, in [0, 1]; 0 without entropy."""
    entropy = mutual_information(target, target)
    return max(0.0, mutual_information(predictor, target) / entropy) if entropy > 0 else 0.0


def quantile_bins(values: Tensor, bins: int = 10) -> Tensor:
    """Return the quantile bin of each value, int64 ``[N]``; integers are returned unchanged."""
    if not values.is_floating_point():
        return values
    edges = torch.quantile(values.double(), torch.linspace(0, 1, bins + 1, dtype=torch.float64)[1:-1])
    return torch.bucketize(values.double(), edges)


def _entropy(probabilities: Tensor) -> float:
    return float(-torch.xlogy(probabilities, probabilities).sum())
