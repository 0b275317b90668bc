"""Pictures reach the network in order, in batches no larger than asked, and untouched by what surrounds them."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganbench.errors import UserError
from ganbench.metrics.extractors.preprocess import in_batches, require_batch_size

CPU = torch.device("cpu")


@given(count=st.integers(0, 20), batch_size=st.integers(1, 25), channels=st.sampled_from([1, 3]))
def test_all_pictures_go_through_once_in_order(count, batch_size, channels):
    images = torch.arange(count, dtype=torch.uint8).view(-1, 1, 1, 1).expand(-1, channels, 2, 2)
    seen = []

    def network(part: torch.Tensor) -> torch.Tensor:
        seen.append(len(part))
        return part.float().flatten(1)[:, :3]

    found = in_batches(network, images, dims=3, batch_size=batch_size, device=CPU)
    assert torch.equal(found, torch.arange(float(count)).view(-1, 1).expand(-1, 3))
    assert sum(seen) == count
    assert max(seen, default=0) <= batch_size


def test_neither_gradients_nor_autocast_reach_the_network():
    weight = torch.randn(12, 4, requires_grad=True)
    images = torch.full((2, 3, 2, 2), 7, dtype=torch.uint8)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = in_batches(lambda x: x.float().flatten(1) @ weight, images, dims=4, batch_size=1, device=CPU)
    assert found.dtype == torch.float32
    assert not found.requires_grad


def test_what_is_no_pictures_is_refused():
    for images, fault in ((torch.zeros(2, 3, 4, 4), TypeError), (torch.zeros(2, 2, 4, 4).byte(), ValueError)):
        with pytest.raises(fault, match="pictures must be"):
            in_batches(lambda x: x, images, dims=1, batch_size=1, device=CPU)
    require_batch_size(1)
    with pytest.raises(UserError, match="batch size must be at least 1, not 0"):
        require_batch_size(0)
