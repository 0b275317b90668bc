from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from ganbench.utils.random_stream import RandomStream
from ganbench.visualization.sample_grid import make_sample_grid


def model(classes: int) -> Any:
    return SimpleNamespace(
        classes=tuple(f"class {k}" for k in range(classes)),
        draw_latents=lambda stream, n, truncation: stream.normal(n, 4),
    )


@pytest.mark.parametrize(
    ("classes", "n", "columns", "rows"),
    [
        (1, 64, 8, 8),
        (2, 64, 8, 8),
        (3, 64, 6, 10),
        (4, 64, 8, 8),
        (5, 64, 5, 12),
        (10, 64, 10, 6),
        (10, 4, 10, 1),
        (3, 3, 3, 1),
        (3, 5, 3, 1),
        (2, 1, 2, 1),
        (200, 64, 200, 1),
    ],
)
def test_few_classes_have_several_columns_each(classes: int, n: int, columns: int, rows: int) -> None:
    grid = make_sample_grid(model(classes), n, RandomStream("grid"))
    assert (grid.columns, len(grid.latents)) == (columns, rows * columns)
    assert len(grid.names) == classes
    assert grid.labels is not None
    each = columns // classes
    table = grid.latents.reshape(rows, classes, each, 4)
    assert torch.equal(grid.labels.reshape(rows, columns)[0], torch.arange(classes).repeat_interleave(each))
    assert (grid.labels.reshape(rows, columns) == grid.labels[:columns]).all()
    assert (table == table[:, :1]).all(), "every class shows the same latents"
    distinct = table[:, 0].reshape(-1, 4)
    assert len(distinct.unique(dim=0)) == rows * each


def test_without_classes_there_are_n_latents() -> None:
    grid = make_sample_grid(model(0), 7, RandomStream("grid"))
    assert (len(grid.latents), grid.labels, grid.columns, grid.names) == (7, None, None, ())
