"""Cells of features: planted clusters are found, and the same rows make the same cells."""

from __future__ import annotations

import pytest
import torch

from ganbench.metrics.memorization.cells import cell_of, centres_of


def test_planted_clusters_are_the_cells():
    middles = torch.tensor([[0.0, 0.0], [30.0, 0.0], [0.0, 30.0], [30.0, 30.0]])
    rows = (middles[:, None] + torch.randn(4, 50, 2, generator=torch.Generator().manual_seed(0))).flatten(
        0, 1
    )
    centres = centres_of(rows, 4)
    own = cell_of(rows, centres).view(4, 50)
    assert all(len(cluster.unique()) == 1 for cluster in own)
    assert len(own.unique()) == 4
    for cluster, middle in zip(rows.view(4, 50, 2), middles, strict=True):
        assert (centres[cell_of(middle[None], centres)[0]] - cluster.mean(0)).norm() < 1e-4
    assert torch.equal(centres, centres_of(rows, 4))


def test_there_are_no_more_cells_than_different_rows():
    assert len(centres_of(torch.tensor([[1.0], [2.0]]).repeat(10, 1), 5)) == 2
    with pytest.raises(ValueError, match="cannot make 0 cells of 3 rows"):
        centres_of(torch.zeros(3, 1), 0)
