"""Batched feature extraction: order, batch sizes, gradients and autocast."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganbench.errors import UserError
from ganbench.metrics.extractors.preprocess import forward_in_batches, require_batch_size

CPU = torch.device("cpu")


@given(count=st.integers(0, 20), batch_size=st.integers(1, 25), channels=st.sampled_from([1, 3]))
def test_every_image_passes_once_and_in_order(count, batch_size, channels):
    images = torch.arange(count, dtype=torch.uint8).view(-1, 1, 1, 1).expand(-1, channels, 2, 2)
    batch_sizes = []

    def network(batch: torch.Tensor) -> torch.Tensor:
        batch_sizes.append(len(batch))
        return batch.float().flatten(1)[:, :3]

    features = forward_in_batches(network, images, dims=3, batch_size=batch_size, device=CPU)
    assert torch.equal(features, torch.arange(float(count)).view(-1, 1).expand(-1, 3))
    assert sum(batch_sizes) == count
    assert max(batch_sizes, default=0) <= batch_size


def test_the_network_runs_without_gradients_and_autocast():
    weight = torch.randn(12, 4, requires_grad=True)
    images = torch.full((2, 3, 2, 2), 7, dtype=torch.uint8)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        features = forward_in_batches(
            lambda x: x.float().flatten(1) @ weight, images, dims=4, batch_size=1, device=CPU
        )
    assert features.dtype == torch.float32
    assert not features.requires_grad


def test_wrong_images_are_refused():
    for images, error in ((torch.zeros(2, 3, 4, 4), TypeError), (torch.zeros(2, 2, 4, 4).byte(), ValueError)):
        with pytest.raises(error, match="images must be"):
            forward_in_batches(lambda x: x, images, dims=1, batch_size=1, device=CPU)
    require_batch_size(1)
    with pytest.raises(UserError, match="batch size must be at least 1, not 0"):
        require_batch_size(0)
