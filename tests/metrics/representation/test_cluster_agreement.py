"""Cluster accuracy and mutual information, against exhaustive search and direct sums."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganbench.metrics.representation.cluster_agreement import (
    cluster_accuracy,
    majority_accuracy,
    mutual_information,
    normalised_mutual_information,
    quantile_bins,
    uncertainty_coefficient,
)

pairs = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30)


@given(pairs)
def test_accuracies_match_exhaustive_search(items: list[tuple[int, int]]) -> None:
    clusters, labels = (torch.tensor(column) for column in zip(*items, strict=True))
    one_to_one = max(sum(p[a] == b for a, b in items) for p in itertools.permutations(range(4)))
    assert cluster_accuracy(clusters, labels) == pytest.approx(one_to_one / len(items))
    best = sum(max(sum(a == c and b == v for a, b in items) for v in range(4)) for c in range(4))
    assert majority_accuracy(clusters, labels) == pytest.approx(best / len(items))


@given(pairs)
def test_mutual_information_matches_its_definition(items: list[tuple[int, int]]) -> None:
    clusters, labels = (torch.tensor(column) for column in zip(*items, strict=True))
    n, expected = len(items), 0.0
    for a, b in set(items):
        p, pa, pb = (
            sum(i == (a, b) for i in items) / n,
            sum(i[0] == a for i in items) / n,
            sum(i[1] == b for i in items) / n,
        )
        expected += p * math.log(p / (pa * pb))
    assert mutual_information(clusters, labels) == pytest.approx(expected, abs=1e-9)


def test_extremes_of_the_scores() -> None:
    labels = torch.arange(12) % 4
    assert normalised_mutual_information(3 - labels, labels) == pytest.approx(1)
    assert uncertainty_coefficient(labels, labels // 2) == pytest.approx(1)
    assert uncertainty_coefficient(labels // 2, labels) == pytest.approx(0.5)
    assert uncertainty_coefficient(torch.arange(12) // 4 % 3, labels) == pytest.approx(0, abs=1e-9)
    assert quantile_bins(torch.linspace(0, 1, 100)).bincount().tolist() == [10] * 10
    assert quantile_bins(labels) is labels
