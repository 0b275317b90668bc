"""kNN accuracy of a model's own features, of known quality."""

from __future__ import annotations

import pytest
import torch
from tests.metrics.stand_ins import digits
from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.measure import measure
from ganbench.metrics.representation.model_knn import ModelKNN


class FeatureModel:
    """A model with features of these names and without samples."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def latents(self, n: int, seed: int = 0) -> Tensor:
        raise AssertionError

    def labels(self, count: int) -> Tensor | None:
        raise AssertionError

    def decode(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        raise AssertionError

    def features(self, items: Tensor) -> dict[str, Tensor]:
        classes = torch.nn.functional.one_hot((items[:, 0, 0, 0] // 25).long(), 10).float()
        features = {"classes": classes, "collapsed": torch.ones(len(items), 3)}
        return {name: features[name] for name in self.names}


def test_the_first_features_are_the_score_and_all_are_in_the_details():
    score = measure((ModelKNN(model=FeatureModel("classes", "collapsed")),), [], digits(400))[0]
    table = score.details["table"]
    assert score.value == table["classes"]["knn"] == 1
    assert table["collapsed"]["knn"] < 0.4
    assert table["collapsed"]["spread"] == pytest.approx(0, abs=1e-6)
    # One of ten numbers is 1: the standard deviation is 0.3, times the root of ten.
    assert table["classes"]["spread"] == pytest.approx(0.3 * 10**0.5, rel=0.01)


@pytest.mark.parametrize("model", [None, FeatureModel()])
def test_a_model_without_features_is_refused(model: FeatureModel | None):
    with pytest.raises(
        UserError, match="needs a model with an encoder, or with a discriminator that has features"
    ):
        measure((ModelKNN(model=model),), [], digits())[0]
