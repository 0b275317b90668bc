"""Features are worked out once a chunk, however many ask."""

from __future__ import annotations

import torch
from tests.metrics.stand_ins import Projection

from ganbench.metrics.sample_batch import Chunk


def test_equal_extractors_share_the_work_and_others_do_not(pictures):
    first, twin, other = Projection(), Projection(), Projection(seed=1)
    chunk = Chunk(pictures(5))
    assert len(chunk) == 5
    features = chunk.features(first)
    assert chunk.features(first) is features
    assert chunk.features(twin) is features
    assert not torch.equal(chunk.features(other), features)
    assert (first.seen, twin.seen, other.seen) == (5, 0, 5)
