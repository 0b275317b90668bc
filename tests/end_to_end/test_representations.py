"""What a model's own networks tell of real items: a table with baselines, and pictures of what is made again."""

from __future__ import annotations

import io
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tests.support.training import tiny_recipe
from torch import Tensor, nn

from ganbench.algorithms.base import Algorithm
from ganbench.data.shapes import shapes
from ganbench.errors import UserError
from ganbench.evaluation.evaluate import evaluate
from ganbench.evaluation.model_metrics.representation import PROBE_CURVES, representation_scores
from ganbench.experiment.train import train
from ganbench.inference.load import load
from ganbench.inference.model import Model
from ganbench.inference.snapshots import untrained_model
from ganbench.latents import Gaussian
from ganbench.report.chart import probe_chart
from ganbench.report.figure_files import write_figure_files
from ganbench.report.page import write_report
from ganbench.report.run_data import read_run_data
from ganbench.runs.run import Run
from ganbench.visualization.export import write_picture
from ganbench.visualization.reconstructions import reconstruction_picture

TRAIN, TEST = shapes(60), shapes(40, split="test")


class Knowing(Algorithm):
    """Encodes each shape to its class, at the place of its brightest corner by looking it up."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def encode(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        known = {
            bytes(s.items(i).numpy().tobytes()): s.labels(i)
            for s in (TRAIN, TEST)
            for i in torch.arange(s.info.size).split(1)
        }
        labels = torch.cat([known[bytes(p.numpy().tobytes())] for p in TRAIN.info.to_data(x).split(1)])  # type: ignore[misc]
        return torch.eye(6)[labels] * self.share

    def features(self, networks: nn.ModuleDict, x: Tensor) -> dict[str, Tensor]:
        return {"E": self.encode(networks, x)}


def model(share: float) -> Model:
    return Model(
        Knowing(share),
        nn.ModuleDict({"E": nn.Linear(1, 1)}),
        Gaussian(6),
        TRAIN.info,
        3,
        real_data=lambda: TEST,
    )


def test_a_representation_that_tells_classes_scores_one_and_one_that_does_not_the_commonest_class() -> None:
    (score,) = representation_scores(model(1.0), TRAIN, TEST, untrained=model(0.0))
    table = score.details["table"]
    assert isinstance(table, dict)
    assert list(table) == ["E", "E untrained", "pixels"]
    assert score.name == "representation[E]"
    assert score.value == table["E"]["probe"] == table["E"]["one_neighbour"] == table["E"]["knn"] == 1.0
    train_labels, test_labels = TRAIN.labels(torch.arange(60)), TEST.labels(torch.arange(40))
    commonest = train_labels.bincount().argmax()
    assert table["E untrained"]["probe"] == pytest.approx(float((test_labels == commonest).double().mean()))
    assert 0 < table["pixels"]["probe"] < 1
    assert score.measured["networks"] == "frozen, in eval mode"
    curves = score.details[PROBE_CURVES]
    assert isinstance(curves, dict)
    assert list(curves) == list(table)
    for curve in curves.values():
        assert curve[0] == pytest.approx(math.log(len(TRAIN.info.classes)), rel=1e-3)  # a probe of zeros
    assert curves["E"][-1] < 0.2
    assert curves["E untrained"][-1] > 1.0


def test_a_model_that_shows_nothing_is_refused() -> None:
    silent = Model(Algorithm(), nn.ModuleDict({"G": nn.Linear(1, 1)}), Gaussian(6), TRAIN.info, 0)
    with pytest.raises(UserError, match="needs a model with an encoder"):
        representation_scores(silent, TRAIN, TEST)
    with pytest.raises(UserError, match="has no encoder"):
        silent.encode(TEST.items(torch.arange(2)))
    with pytest.raises(UserError, match="the model has none"):
        _ = silent.real_data


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(tiny_recipe("bigan-mnist"), out=tmp_path_factory.mktemp("bigan") / "run", seed=3)


def test_a_run_is_scored_beside_what_it_was_before_its_first_step(run: Run) -> None:
    (score,) = evaluate(run, metrics=["representation"])
    assert set(score.details["table"]) == {"E", "E untrained", "pixels"}  # type: ignore[arg-type]
    held_out = score.measured["held_out"]
    assert isinstance(held_out, dict)
    assert held_out["split"] == "test"
    assert [p.name for p in run.eval.glob("representation*.json")]
    drawn = probe_chart(read_run_data(run).scores.values())
    assert drawn is not None
    ((view, lines),) = drawn.views.items()
    assert view == f"nats, step {load(run).step}"
    curves = score.details[PROBE_CURVES]
    assert {line.name: list(line.values) for line in lines} == curves
    assert "probes.png" in write_figure_files(read_run_data(run), None, [], {})
    assert "Linear probes" in write_report(run).read_text()
    before, again = (untrained_model(run.recipe(), run.info, run.meta["seed"]) for _ in range(2))
    ours, first = load(run).networks.state_dict(), before.networks.state_dict()
    assert all(torch.equal(v, again.networks.state_dict()[k]) for k, v in first.items())
    assert not torch.equal(ours["E.layers.0.weight"], first["E.layers.0.weight"])


def test_items_are_encoded_and_made_again_in_eval_mode(run: Run) -> None:
    made = load(run)
    assert made.real_data.info.split == "test"
    items = made.real_data.items(torch.arange(5))
    codes = made.encode(items)
    assert codes.shape == (5, 50)
    assert torch.equal(made.reconstruct(items), made.decode(codes))
    torch.testing.assert_close(made.encode(items[:1]), codes[:1], rtol=1e-4, atol=1e-5)
    with pytest.raises(
        UserError, match=r"the items have shape \[1, 28, 28\], those of the training data \[3, 32, 32\]"
    ):
        made.encode(torch.zeros(2, 1, 28, 28, dtype=torch.uint8))


def test_reconstructions_stand_below_their_sources(run: Run, tmp_path: Path) -> None:
    made = load(run)
    write_picture(made, tmp_path / "r.png", "reconstructions", 2, 0)
    sheet = np.asarray(Image.open(io.BytesIO(reconstruction_picture(made, 2, 0))))
    assert np.array_equal(sheet, np.asarray(Image.open(tmp_path / "r.png")))
    scale = sheet.shape[1] // (10 * 33 + 1)
    cell = sheet[::scale, ::scale][1:33, 1:33].transpose(2, 0, 1)
    every = made.real_data.items(torch.arange(made.real_data.info.size)).numpy()
    (place,) = np.flatnonzero((every == cell).all((1, 2, 3)))
    below = sheet[::scale, ::scale][34:66, 1:33].transpose(2, 0, 1)
    assert np.array_equal(below, made.reconstruct(torch.from_numpy(every[[place]]))[0].numpy())
