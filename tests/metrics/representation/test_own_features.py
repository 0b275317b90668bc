"""The vote in a model's own features, where it is known how well they tell the classes."""

from __future__ import annotations

import pytest
import torch
from tests.metrics.stand_ins import digits
from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.measure import measure
from ganbench.metrics.representation.own_features import OwnFeatures


class Shows:
    """A model whose features are given by name; it makes no samples."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def latents(self, n: int, seed: int = 0) -> Tensor:
        raise AssertionError

    def decode(self, latents: Tensor) -> Tensor:
        raise AssertionError

    def features(self, items: Tensor) -> dict[str, Tensor]:
        classes = torch.nn.functional.one_hot((items[:, 0, 0, 0] // 25).long(), 10).float()
        known = {"classes": classes, "collapsed": torch.ones(len(items), 3)}
        return {name: known[name] for name in self.names}


def test_the_first_features_decide_and_the_others_are_told():
    score = measure((OwnFeatures(model=Shows("classes", "collapsed")),), [], digits(400))[0]
    table = score.details["table"]
    assert score.value == table["classes"]["knn"] == 1
    assert table["collapsed"]["knn"] < 0.4
    assert table["collapsed"]["spread"] == pytest.approx(0, abs=1e-6)
    # One of ten numbers is 1: the standard deviation is 0.3, times the root of ten.
    assert table["classes"]["spread"] == pytest.approx(0.3 * 10**0.5, rel=0.01)


@pytest.mark.parametrize("model", [None, Shows()])
def test_a_model_that_shows_nothing_is_refused(model: Shows | None):
    with pytest.raises(UserError, match="needs a model with an encoder or a D that shows its features"):
        measure((OwnFeatures(model=model),), [], digits())[0]
