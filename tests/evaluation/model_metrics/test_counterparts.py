"""Scores of translations whose true counterparts are known, and the picture that shows these."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tests.support.training import tiny_recipe
from torch import Tensor, nn

from ganbench.algorithms import Pix2Pix
from ganbench.data.aligned_pairs import AlignedPairs, aligned_pairs
from ganbench.data.pairs import pairs
from ganbench.data.shapes import Shapes, shapes
from ganbench.errors import UserError
from ganbench.evaluation.evaluate import evaluate
from ganbench.evaluation.model_metrics.counterparts import counterpart_scores
from ganbench.evaluation.model_metrics.translation import translation_scores
from ganbench.experiment.train import train
from ganbench.inference.load import load
from ganbench.inference.model import Model
from ganbench.latents import EmptyLatent
from ganbench.losses import LeastSquares
from ganbench.metrics.score import JSON
from ganbench.visualization.export import write_picture

READER = "ganbench.evaluation.model_metrics.factor_reading.load_or_train_factor_predictor"


class LooksUp(Pix2Pix):
    """Translates each outline to the image that it was made of, but the first ``wrong`` to the next image."""

    def __init__(self, data: AlignedPairs, wrong: int) -> None:
        super().__init__(loss=LeastSquares())
        index = torch.arange(data.info.size)
        self.outlines = data.info.from_data(data.source_items(index))
        following = torch.where(index < wrong, (index + 1) % len(index), index)
        self.images = data.info.from_data(data.items(following))

    def translate(self, networks: nn.ModuleDict, x: Tensor, *, target: str) -> Tensor:
        return self.images[(x[:, None] - self.outlines).abs().flatten(2).sum(2).argmin(1)]


class KnowsImages:
    """A predictor that looks an image up."""

    record: Mapping[str, JSON] = {"data": "stand-in"}
    quality: Mapping[str, float] = {"figure": 1.0, "colour": 0.99}

    def __init__(self, train: Shapes, items: Shapes) -> None:
        index = torch.arange(items.info.size)
        self.images, self.factors = items.items(index).float(), items.factors(index)

    def __call__(self, images: Tensor) -> dict[str, Tensor]:
        row = (images.float()[:, None] - self.images).abs().flatten(2).sum(2).argmin(1)
        return {name: values[row] for name, values in self.factors.items()}


def test_scores_of_a_translator_that_takes_some_images_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(READER, KnowsImages)
    data, wrong = aligned_pairs(size=40), 10
    network = nn.ModuleDict({"G": nn.Linear(1, 1)})
    model = Model(LooksUp(data, wrong), network, EmptyLatent(), data.info, 7, real_data=lambda: data)
    distance, factors = counterpart_scores(model, data, data)
    assert (distance.name, distance.better, factors.name, factors.better) == (
        "counterparts", "lower", "factors", "higher",
    )  # fmt: skip
    truth, index = shapes(40), torch.arange(wrong)
    x = truth.items(torch.arange(wrong + 1)).double() / 255
    assert distance.value == pytest.approx(float((x[:-1] - x[1:]).abs().mean()) * wrong / 40)
    known = truth.factors(torch.arange(wrong + 1))
    same = {name: known[name][index] == known[name][index + 1] for name in ("figure", "colour")}
    right = {name: 1 - float((~values).sum()) / 40 for name, values in same.items()}
    assert factors.details["right"] == pytest.approx(right)
    assert factors.details["right_of_real"] == {"figure": 1.0, "colour": 0.99}
    assert factors.value == pytest.approx(1 - float((~(same["figure"] & same["colour"])).sum()) / 40)
    assert factors.value < min(right.values()), "the images differ in one factor or both"


def test_without_known_factors_there_is_the_distance_alone() -> None:
    data = aligned_pairs(size=40, reverse=True)  # outlines know no factors
    network = nn.ModuleDict({"G": nn.Linear(1, 1)})
    model = Model(LooksUp(data, 0), network, EmptyLatent(), data.info, 7, real_data=lambda: data)
    (distance,) = counterpart_scores(model, data, data)
    assert distance.value == 0


def test_a_run_is_scored_and_drawn_with_the_counterparts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(READER, KnowsImages)
    run = train(tiny_recipe("pix2pix-shapes"), out=tmp_path / "run")
    distance, factors = evaluate(run, metrics=["counterparts"])
    assert distance.measured["samples"] == factors.measured["samples"] == 40
    assert distance.measured["b"]["split"] == "test"  # type: ignore[index,call-overload]
    write_picture(load(run), tmp_path / "t.png", "translations", 1, 0)
    sheet = np.asarray(Image.open(tmp_path / "t.png"))
    assert sheet.shape[:2] == (3 * 33 + 1, 20 * 33 + 1)
    last_row = torch.from_numpy(sheet[2 * 33 + 1 : -1, 1:33].copy()).permute(2, 0, 1)
    real = aligned_pairs(size=40, split="test").items(torch.arange(40))
    assert (real == last_row).flatten(1).all(1).any()
    with pytest.raises(UserError, match="nothing to compare with: the model translates one way only"):
        evaluate(run, metrics=["translation"])


def test_what_has_no_counterparts_is_refused() -> None:
    data = aligned_pairs(size=40)
    network = nn.ModuleDict({"G": nn.Linear(1, 1)})
    model = Model(LooksUp(data, 0), network, EmptyLatent(), data.info, 7)
    for items in (pairs("shapes", "shapes", size=20), shapes(20)):
        with pytest.raises(UserError, match="needs pairs of images, such as aligned-pairs"):
            counterpart_scores(model, data, items)
    model.algorithm.domains = ("red",)  # type: ignore[assignment]
    with pytest.raises(UserError, match="needs a model that translates to domain b"):
        counterpart_scores(model, data, data)
    with pytest.raises(UserError, match="needs a model that translates to b or a"):
        translation_scores(model, data)
