"""The deviation within groups of neighbours."""

from __future__ import annotations

import torch

from ganbench.layers.batch_deviation import BatchDeviation


def test_the_channel_is_the_mean_deviation_of_each_group() -> None:
    x = torch.randn(6, 2, 3, 3)
    y = BatchDeviation(3)(x)
    assert torch.equal(y[:, :2], x)
    for rows in (slice(0, 3), slice(3, 6)):
        expected = x[rows].std(0, unbiased=False).mean()
        torch.testing.assert_close(y[rows, 2], expected.expand(3, 3, 3), rtol=1e-4, atol=1e-5)


def test_a_batch_of_another_size_is_one_group() -> None:
    x = torch.randn(5, 1, 2, 2)
    torch.testing.assert_close(BatchDeviation(4)(x), BatchDeviation(5)(x))
    alike = torch.ones(4, 1, 2, 2)
    torch.testing.assert_close(BatchDeviation(4)(alike)[:, 1], torch.full((4, 2, 2), 1e-4))
