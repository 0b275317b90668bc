"""Runs with classes or codes: samples of a class, their pictures, files and scores, and classes that have changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from tests.support.edit import edit_json
from tests.support.training import draw_figures, tiny_recipe

from ganbench.errors import UserError
from ganbench.evaluation.evaluate import evaluate
from ganbench.evaluation.model_metrics.codes import code_scores
from ganbench.evaluation.scoring import score_model
from ganbench.experiment.build_trainer import make_trainer
from ganbench.experiment.train import resume, train
from ganbench.inference.build import make_dataset
from ganbench.inference.load import load
from ganbench.inference.model import Model
from ganbench.metrics.sample_batch import LabelledSamples
from ganbench.runs.run import Run
from ganbench.training.engine import Engine
from ganbench.utils.random_stream import RandomStream
from ganbench.visualization.attention import attention_maps
from ganbench.visualization.code_sweeps import code_sweep_grid
from ganbench.visualization.export import write_picture, write_samples
from ganbench.visualization.sample_grid import class_walk_grid


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Run:
    with draw_figures():
        return train(tiny_recipe("sagan-cifar10"), out=tmp_path_factory.mktemp("told") / "run")


@pytest.fixture(scope="module")
def coded(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(tiny_recipe("infogan-shapes"), out=tmp_path_factory.mktemp("coded") / "run")


def test_samples_of_a_class(told: Run) -> None:
    model = load(told)
    assert model.classes == tuple(told.info.classes)
    number = model.class_index(model.classes[4])
    assert number == 4 == model.class_index("4")
    own = model.sample(8, seed=2, labels=4)
    assert torch.equal(own, model.sample(8, seed=2, labels=[4] * 8))
    assert torch.equal(own, model.sample(8, seed=2, labels=torch.eye(6)[[4] * 8]))
    in_turn = model.sample(8, seed=2)
    assert torch.equal(in_turn[4], own[4])
    assert not torch.equal(in_turn[3], own[3])


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (6, "from 0 to 5, not from 6 to 6"),
        ([0, -1], "not from -1 to 0"),
        ([0], r"2 samples need 2 labels, not \[1\]"),
        (torch.zeros(2, 5), r"must have shape \[2, 6\], not \[2, 5\]"),
    ],
)
def test_labels_out_of_range_are_refused(told: Run, labels: Any, words: str) -> None:
    with pytest.raises(UserError, match=words):
        load(told).sample(2, labels=labels)


def test_classes_by_name(told: Run, coded: Run) -> None:
    with pytest.raises(UserError, match=r"there is no class '9'.*classes: "):
        load(told).class_index("9")
    with pytest.raises(UserError, match="trained without classes"):
        load(coded).class_index("1")
    with pytest.raises(UserError, match="takes no labels"):
        load(coded).sample(2, labels=1)


def test_a_class_in_every_column(told: Run, tmp_path: Path) -> None:
    grid = Image.open(told.samples / "step-00000012.png")
    assert grid.width > 4 * grid.height  # four samples were asked for: one row of six classes
    model = load(told)
    write_samples(model, tmp_path / "a.png", 12, seed=0)
    z = model.latents(2, 0).repeat_interleave(6, 0)
    wanted = model.decode(z, torch.arange(6).repeat(2))
    sheet = np.asarray(Image.open(tmp_path / "a.png"))
    factor = sheet.shape[1] // (6 * 33 + 1)
    below_the_names = sheet.shape[0] - factor * (2 * 33 + 1)
    assert below_the_names > 0
    small = sheet[below_the_names::factor, ::factor]
    for i, picture in enumerate(wanted.permute(0, 2, 3, 1).numpy()):
        top, left = 1 + i // 6 * 33, 1 + i % 6 * 33
        assert np.array_equal(small[top : top + 32, left : left + 32], picture)


def test_files_have_labels(told: Run, tmp_path: Path) -> None:
    model = load(told)
    write_samples(model, tmp_path / "a.npz", 7, seed=0)
    with np.load(tmp_path / "a.npz") as arrays:
        assert arrays["labels"].tolist() == [0, 1, 2, 3, 4, 5, 0]
        assert tuple(arrays["classes"]) == model.classes
    write_samples(model, tmp_path / "all", 7, seed=0)
    there = sorted(p.name for p in (tmp_path / "all").iterdir())
    assert there == [f"{i:03d}-{name}" for i, name in enumerate(model.classes)]
    assert [p.name for p in sorted((tmp_path / "all" / there[0]).iterdir())] == ["000000.png", "000006.png"]
    write_samples(model, tmp_path / "one", 3, seed=0, label=2)
    assert [p.name for p in (tmp_path / "one").iterdir()] == [there[2]]


def test_walks_start_and_end_in_classes(told: Run) -> None:
    model = load(told)
    walk = class_walk_grid(model, rows=3, columns=4, seed=1)
    pictures = model.decode(walk.latents, walk.labels).reshape(3, 4, 3, 32, 32)
    z = model.latents(3, 1)
    assert torch.equal(pictures[:, 0], model.decode(z, [0, 1, 2]))
    assert torch.equal(pictures[:, 3], model.decode(z, [1, 2, 3]))


def test_where_attention_looks(told: Run, coded: Run, tmp_path: Path) -> None:
    samples, shares = attention_maps(load(told), load(told).latents(2))
    assert samples.shape == (2, 3, 32, 32)
    assert shares.shape == (2, 16, 16, 16, 16)
    torch.testing.assert_close(shares.sum((3, 4)), torch.ones(2, 16, 16))
    for kind in ("walks", "attention"):
        write_picture(load(told), tmp_path / f"{kind}.png", kind, 2, 0)  # type: ignore[arg-type]
        assert Image.open(tmp_path / f"{kind}.png").width >= 300
    for model, kind, words in (
        (coded, "attention", "no self-attention"),
        (coded, "walks", "without classes"),
        (told, "sweeps", "no codes"),
    ):
        with pytest.raises(UserError, match=words):
            write_picture(load(model), tmp_path / "new.png", kind, 2, 0)  # type: ignore[arg-type]


def test_sweeps_change_one_code_at_a_time(coded: Run) -> None:
    model = load(coded)
    sweep = code_sweep_grid(model, 2, RandomStream("sweep"))
    assert sweep.columns == 10
    z = sweep.latents.reshape(2 + 4, 2, 10, -1)
    for code, (first, size) in enumerate([(62, 6), (68, 8), (76, 1), (77, 1), (78, 1), (79, 1)]):
        others = [i for i in range(80) if not first <= i < first + size]
        assert (z[code][:, :, others] == z[code][:, :1, others]).all()
        values = z[code][0, :, first : first + size]
        if size > 1:
            assert values.argmax(1).tolist() == [i % size for i in range(10)]
        else:
            torch.testing.assert_close(values[:, 0], torch.linspace(-2, 2, 10))
    assert sorted(p.name for p in coded.sweeps.iterdir()) == [f"step-{s:08d}.png" for s in (4, 8, 12)]


def test_scores_see_labels(told: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    data, chunks = make_dataset(told.recipe()), list[Any]()

    def measure(metrics: Any, samples: Any, reference: Any, expected: int, map_rows: Any) -> list[Any]:
        chunks.extend(samples)
        return []

    monkeypatch.setattr("ganbench.evaluation.scoring.measure", measure)
    model = load(told)
    score_model(model, data, metrics=["swd"], n=260)
    assert all(isinstance(chunk, LabelledSamples) for chunk in chunks)
    labels = torch.cat([c.labels for c in chunks])
    assert torch.equal(labels[:258], torch.arange(258) % 6)
    assert labels.bincount().max() == labels.bincount().min() + 1
    chunks.clear()
    other = Model(model.algorithm, model.networks, model.latent, model.info, 0)
    monkeypatch.setattr(Model, "classes", property(lambda self: tuple("abcdef")))
    score_model(other, data, metrics=["swd"], n=260)
    assert all(isinstance(chunk, torch.Tensor) for chunk in chunks)


def test_labels_and_noise_do_not_depend_on_how_the_batch_is_cut() -> None:
    own = {"networks.G.norm": "none", "networks.G.conditioning.norm": "none", "networks.D.noise": 0.1}
    noisy = {**own, "networks.D.input_noise": 0.1, "networks.D.conditioning.noise": 0.1}
    slow = {f"optimizers.{n}": {"target": "torch.optim:SGD", "lr": 0.05} for n in "GD"}
    states = []
    for microbatches in (1, 2):
        recipe = tiny_recipe("cgan-maxout-mnist", {**noisy, **slow, "schedule.microbatches": microbatches})
        trainer = make_trainer(recipe, make_dataset(recipe), Engine(recipe.machine), 0)
        trainer.train()
        states.append(trainer.networks.state_dict())
    for name, value in states[0].items():
        torch.testing.assert_close(value, states[1][name], rtol=0, atol=1e-6)


def test_classes_that_have_changed_are_refused(tmp_path: Path) -> None:
    run = train(tiny_recipe("acgan-cifar10"), out=tmp_path / "run")
    edit_json(run.path / "meta.json", lambda meta: meta["data"]["classes"].reverse())
    for action in (lambda: resume(Run(run.path), steps=20), lambda: evaluate(Run(run.path), n=10)):
        with pytest.raises(UserError, match="class numbers would have another meaning"):
            action()


def test_codes_are_scored_on_the_test_split_against_classes_and_factors(coded: Run) -> None:
    (score,) = evaluate(coded, metrics=["codes"])
    assert score.measured["items"]["split"] == "test"  # type: ignore[index, call-overload]
    told = score.details["told"]
    assert isinstance(told, dict)
    assert set(told) == {"categorical-1", "categorical-2", *(f"continuous-{i}" for i in range(1, 5))}
    assert set(told["categorical-1"]) >= {"figure", "colour", "x"}
    model, data = load(coded), make_dataset(coded.recipe())

    class Knows:
        def infer(self, networks: Any, x: torch.Tensor) -> torch.Tensor:
            labels = data.labels(torch.arange(len(x)))
            assert labels is not None
            belief = torch.zeros(len(x), model.latent.codes.outputs)  # type: ignore[attr-defined]
            belief[:, :6] = torch.eye(6)[5 - labels]
            return belief

    knowing = Model(Knows(), model.networks, model.latent, model.info, 0)  # type: ignore[arg-type]
    (score,) = code_scores(knowing, data)
    assert score.value == score.details["accuracy_one_to_one"] == 1
    assert score.details["nmi"] == pytest.approx(1)
    assert score.details["told"]["categorical-1"]["figure"] == pytest.approx(1)  # type: ignore[index, call-overload]
