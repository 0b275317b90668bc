"""Scores of translations between classes, the picture of them, and ``ganbench translate --to``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tests.support.training import tiny_recipe
from torch import Tensor, nn
from typer.testing import CliRunner

from ganbench.algorithms import StarGAN
from ganbench.cli.main import app
from ganbench.data.base import DataInfo
from ganbench.data.images import ImageDataset
from ganbench.data.shapes import COLOURS, Shapes, shapes
from ganbench.data.shapes_by_colour import ShapesByColour, shapes_by_colour
from ganbench.errors import UserError
from ganbench.evaluation.evaluate import evaluate
from ganbench.evaluation.model_metrics.domains import domain_scores
from ganbench.experiment.train import train
from ganbench.inference.load import load
from ganbench.inference.model import Model
from ganbench.latents import EmptyLatent
from ganbench.losses import Wasserstein
from ganbench.metrics.score import JSON
from ganbench.visualization.export import write_picture

READER = "ganbench.evaluation.model_metrics.factor_reading.load_or_train_factor_predictor"


class ReadsCorner:
    """A predictor that reads figure and colour from the values of two pixels."""

    record: Mapping[str, JSON] = {"data": "stand-in"}
    quality: Mapping[str, float] = {"figure": 1.0, "colour": 0.99}

    def __init__(self, train: Shapes, items: Shapes) -> None:
        pass

    def __call__(self, images: Tensor) -> dict[str, Tensor]:
        return {"figure": images[:, 0, 0, 0].long(), "colour": images[:, 0, 0, 1].long()}


class Marks(StarGAN):
    """Writes the target into one pixel, or ``stuck`` in its place; a source whose figure is ``broken`` loses it."""

    def __init__(self, info: DataInfo, stuck: str = "", broken: int = -1) -> None:
        super().__init__(loss=Wasserstein(), class_names=info.classes)
        self.info, self.stuck, self.broken = info, stuck, broken

    def translate(self, networks: nn.ModuleDict, x: Tensor, *, target: str) -> Tensor:
        images = self.info.to_data(x)
        images[:, 0, 0, 1] = self.domains.index(self.stuck or target)
        figure = images[:, 0, 0, 0]
        images[:, 0, 0, 0] = torch.where(figure == self.broken, 7, figure.int()).to(torch.uint8)
        return self.info.from_data(images)


def marked() -> ShapesByColour:
    """Shapes by colour with their figure and colour in two pixels."""
    data = shapes_by_colour(size=60)
    factors = data.factors_of.factors(torch.arange(60))
    data.pixels = data.pixels.clone()
    data.pixels[:, 0, 0, 0], data.pixels[:, 0, 0, 1] = factors["figure"], factors["colour"]
    return data


def model(data: ImageDataset, algorithm: StarGAN) -> Model:
    return Model(algorithm, nn.ModuleDict({"G": nn.Linear(1, 1)}), EmptyLatent(), data.info, 7)


def test_scores_of_translators_that_miss_a_domain_or_a_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(READER, ReadsCorner)
    data = marked()
    domain, content = domain_scores(model(data, Marks(data.info)), data, data)
    assert (domain.name, content.name, domain.better) == ("domain", "content", "higher")
    assert domain.value == content.value == 1
    assert set(domain.details["by_target"]) == set(COLOURS)  # type: ignore[arg-type]
    domain, content = domain_scores(model(data, Marks(data.info, stuck="red")), data, data)
    shares = domain.details["by_target"]
    assert shares == {name: float(name == "red") for name in COLOURS}
    assert 0 < domain.value < 0.3
    assert content.value == 1
    domain, content = domain_scores(model(data, Marks(data.info, broken=2)), data, data)
    figures = data.factors_of.factors(torch.arange(60))["figure"]
    assert content.value == pytest.approx(float((figures != 2).double().mean()))
    assert domain.value == 1


def test_shapes_by_colour_are_the_shapes_with_other_labels() -> None:
    data, same, index = shapes_by_colour(size=50), shapes(50), torch.arange(50)
    assert torch.equal(data.items(index), same.items(index))
    assert torch.equal(data.labels(index), same.factors(index)["colour"])  # type: ignore[arg-type]
    assert data.info.classes == tuple(COLOURS)
    assert shapes_by_colour(size=50, split="test").info.split == "test"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("stargan") / "run"
    train(tiny_recipe("stargan-shapes", {"data.size": 200}), out=out)
    return out


def test_a_run_is_scored_and_drawn(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(READER, ReadsCorner)
    domain, content = evaluate(run, metrics=["domains"])
    assert (domain.name, content.name) == ("domain", "content")
    assert domain.measured["held_out"]["split"] == "test"  # type: ignore[index,call-overload]
    write_picture(load(run), tmp_path / "t.png", "translations", 1, 0)
    sheet = np.asarray(Image.open(tmp_path / "t.png"))
    assert sheet.shape[:2] == (9 * 33 + 1, 20 * 33 + 1)


def test_ones_own_images_are_translated_to_a_class(run: Path, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    image = shapes(1).items(torch.arange(1))
    Image.fromarray(image[0].permute(1, 2, 0).numpy()).save(tmp_path / "own" / "x.png")
    own, out = str(tmp_path / "own"), tmp_path / "out"
    command = ["translate", str(run), own, "--out", str(out)]
    result = CliRunner().invoke(app, [*command, "--to", "cyan"])
    assert result.exit_code == 0, result.output
    expected = load(run).translate(image, target="cyan")[0].permute(1, 2, 0).numpy()
    assert np.array_equal(np.asarray(Image.open(out / "x.png")), expected)
    with pytest.raises(UserError, match="there is no domain 'rad'; did you mean 'red'"):
        load(run).translate(image, target="rad")


def test_what_has_no_domains_is_refused() -> None:
    data, other = shapes_by_colour(size=20), shapes(20)
    for items in (other, ImageDataset("x", other.pixels)):
        with pytest.raises(UserError, match="translates between the classes of its data"):
            domain_scores(model(data, Marks(data.info)), data, items)
    unknown = ImageDataset("x", data.pixels, data.labels(torch.arange(20)), data.info.classes)
    with pytest.raises(UserError, match="whose factors are known, one of them the class"):
        domain_scores(model(data, Marks(data.info)), data, unknown)
