"""K-means cells: planted clusters are found, deterministically."""

from __future__ import annotations

import pytest
import torch

from ganbench.metrics.memorization.cells import assign_cells, kmeans_centres


def test_planted_clusters_are_the_cells():
    middles = torch.tensor([[0.0, 0.0], [30.0, 0.0], [0.0, 30.0], [30.0, 30.0]])
    rows = (middles[:, None] + torch.randn(4, 50, 2, generator=torch.Generator().manual_seed(0))).flatten(
        0, 1
    )
    centres = kmeans_centres(rows, 4)
    assignment = assign_cells(rows, centres).view(4, 50)
    assert all(len(cluster.unique()) == 1 for cluster in assignment)
    assert len(assignment.unique()) == 4
    for cluster, middle in zip(rows.view(4, 50, 2), middles, strict=True):
        assert (centres[assign_cells(middle[None], centres)[0]] - cluster.mean(0)).norm() < 1e-4
    assert torch.equal(centres, kmeans_centres(rows, 4))


def test_there_are_no_more_cells_than_distinct_rows():
    assert len(kmeans_centres(torch.tensor([[1.0], [2.0]]).repeat(10, 1), 5)) == 2
    with pytest.raises(ValueError, match="cannot make 0 cells of 3 rows"):
        kmeans_centres(torch.zeros(3, 1), 0)
