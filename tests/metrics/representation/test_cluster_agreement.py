"""Cluster accuracy and mutual information against sums and searches over everything."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganbench.metrics.representation.cluster_agreement import (
    binned,
    majority_accuracy,
    matched_accuracy,
    mutual_information,
    normalised_mutual_information,
    told_share,
)

pairs = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30)


@given(pairs)
def test_accuracies_are_the_best_of_all_mappings(items: list[tuple[int, int]]) -> None:
    one, other = (torch.tensor(column) for column in zip(*items, strict=True))
    matched = max(sum(p[a] == b for a, b in items) for p in itertools.permutations(range(4)))
    assert matched_accuracy(one, other) == pytest.approx(matched / len(items))
    best = sum(max(sum(a == c and b == v for a, b in items) for v in range(4)) for c in range(4))
    assert majority_accuracy(one, other) == pytest.approx(best / len(items))


@given(pairs)
def test_mutual_information_is_its_sum(items: list[tuple[int, int]]) -> None:
    one, other = (torch.tensor(column) for column in zip(*items, strict=True))
    n, wanted = len(items), 0.0
    for a, b in set(items):
        p, pa, pb = (
            sum(i == (a, b) for i in items) / n,
            sum(i[0] == a for i in items) / n,
            sum(i[1] == b for i in items) / n,
        )
        wanted += p * math.log(p / (pa * pb))
    assert mutual_information(one, other) == pytest.approx(wanted, abs=1e-9)


def test_the_ends_of_the_scale() -> None:
    labels = torch.arange(12) % 4
    assert normalised_mutual_information(3 - labels, labels) == pytest.approx(1)
    assert told_share(labels, labels // 2) == pytest.approx(1)
    assert told_share(labels // 2, labels) == pytest.approx(0.5)
    assert told_share(torch.arange(12) // 4 % 3, labels) == pytest.approx(0, abs=1e-9)
    assert binned(torch.linspace(0, 1, 100)).bincount().tolist() == [10] * 10
    assert binned(labels) is labels
