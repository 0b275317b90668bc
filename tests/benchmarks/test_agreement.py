"""Compare scores with those of torch-fidelity on five pairs of sets of real images and the same features."""

from __future__ import annotations

import pytest
import torch
from tests.metrics.features.test_gaussian_distance import statistics
from tests.metrics.stand_ins import Projection

from ganbench.metrics.coverage.prdc import precision_and_recall
from ganbench.metrics.distances.inception_score import inception_scores
from ganbench.metrics.distances.kernel import draw_subsets, kernel_distance
from ganbench.metrics.features.gaussian import frechet_distance
from ganbench.metrics.features.neighbours import count_neighbourhoods

PAIRS = [
    ((0, 500), (500, 1000)),
    ((0, 900), (900, 1300)),
    ((100, 400), (1000, 1500)),
    ((0, 700), (350, 1050)),
]


@pytest.mark.slow
@pytest.mark.parametrize("pair", [*PAIRS, "brighter"], ids=str)
def test_torch_fidelity_agrees(pair, cifar10):
    fid, kid, isc, prc = (
        pytest.importorskip(f"torch_fidelity.metric_{name}") for name in ("fid", "kid", "isc", "prc")
    )
    images = cifar10(1500)
    (a, b), (c, d) = PAIRS[0] if pair == "brighter" else pair
    samples = images[a:b] // 2 + 90 if pair == "brighter" else images[a:b]
    extractor = Projection((3, 32, 32), 48)
    fake, real = (extractor(x) / 30 for x in (samples, images[c:d]))

    stats = [fid.fid_features_to_statistics(x.double()) for x in (fake, real)]
    expected = fid.fid_statistics_to_metric(*stats, verbose=False)["frechet_inception_distance"]
    assert frechet_distance(statistics(real), statistics(fake)) == pytest.approx(expected, rel=1e-4)

    expected = kid.kid_features_to_metric(fake, real, kid_subsets=20, kid_subset_size=200, verbose=False)
    subsets = draw_subsets(len(fake), len(real), 20, 200, seed=2020)
    score = torch.tensor([kernel_distance(fake[i], real[j]) for i, j in subsets]).mean()
    assert float(score) == pytest.approx(expected["kernel_inception_distance_mean"], rel=1e-4)

    expected = isc.isc_features_to_metric(fake, splits=5, shuffle=False)["inception_score_mean"]
    assert float(inception_scores(fake, 5).mean()) == pytest.approx(expected, rel=1e-4)

    expected = prc.prc_features_to_metric(fake, real, verbose=False)
    score = precision_and_recall(count_neighbourhoods(real, fake, (3,)), 3)
    assert score == pytest.approx((expected["precision"], expected["recall"]), rel=1e-4)
