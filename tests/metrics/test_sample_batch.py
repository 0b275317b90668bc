"""Features of a batch are computed once."""

from __future__ import annotations

import torch
from tests.metrics.stand_ins import Projection

from ganbench.metrics.sample_batch import SampleBatch


def test_equal_extractors_share_features_and_others_do_not(random_images):
    first, twin, other = Projection(), Projection(), Projection(seed=1)
    batch = SampleBatch(random_images(5))
    assert len(batch) == 5
    features = batch.features(first)
    assert batch.features(first) is features
    assert batch.features(twin) is features
    assert not torch.equal(batch.features(other), features)
    assert (first.images_seen, twin.images_seen, other.images_seen) == (5, 0, 5)
