"""Loaded models: the choice of checkpoint, reproducible samples, and restored modes."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.support.training import draw_figures, tiny_recipe
from torch import Tensor

import ganbench
from ganbench.algorithms import Algorithm
from ganbench.data.base import DataInfo
from ganbench.errors import UserError
from ganbench.evaluation.scoring import score_model
from ganbench.experiment.build_trainer import make_trainer
from ganbench.experiment.run_hooks import RunHooks
from ganbench.experiment.train import train
from ganbench.inference.load import load
from ganbench.inference.model import Model
from ganbench.runs.run import Run
from ganbench.training.engine import Engine
from ganbench.utils.batched import eval_mode

SCORED = {"schedule.evaluate_every": 4, "schedule.evaluate_samples": 250, "schedule.keep_last": 9}


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(tiny_recipe("gan-ring8", SCORED), out=tmp_path_factory.mktemp("points") / "run")


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Run:
    changes = {"schedule.keep_last": 9, "schedule.ema_half_life": 50.0}
    with draw_figures():
        return train(tiny_recipe("dcgan-shapes", changes), out=tmp_path_factory.mktemp("images") / "run")


def test_the_choice_of_checkpoint(points: Run) -> None:
    assert load(points.path).step == 12
    assert load(points, 5).step == 5
    assert load(str(points.path), "best").step == points.best_step()
    with pytest.raises(UserError, match="no checkpoint of step 6; there are: 12, 10, 8, 5, 4"):
        load(points, 6)


def test_each_step_has_different_weights(points: Run) -> None:
    samples = [load(points, step).sample(8) for step in (4, 8, 12)]
    assert not torch.equal(samples[0], samples[1])
    assert not torch.equal(samples[1], samples[2])


def test_a_model_moves_to_a_device_and_names_its_weights(images: Run) -> None:
    model = load(images)
    assert model.to("cpu") is model
    assert model.to("meta").device.type == "meta"
    assert list(model.state_dict()) == list(model.networks.state_dict())


def test_the_representation_names_size_step_and_weights(points: Run, images: Run) -> None:
    text = repr(load(images))
    assert text.startswith("Model(Adversarial, image 3x32x32, step 12, averaged weights, cpu; parameters: G ")
    g, d = load(points).networks["G"], load(points).networks["D"]
    count = [f"{sum(p.numel() for p in network.parameters()):,}" for network in (g, d)]
    assert repr(load(points)).endswith(f"parameters: G {count[0]}, D {count[1]})")


def test_latents_of_another_size_are_refused(points: Run) -> None:
    model = load(points)
    with pytest.raises(UserError, match=rf"\[N, {model.latent.size}\], not \[3, 99\]"):
        model.decode(torch.zeros(3, 99))


def test_samples_depend_on_the_seed_alone(images: Run) -> None:
    model = load(images)
    first = model.sample(10, seed=3)
    torch.rand(7)
    assert torch.equal(load(images).sample(10, seed=3), first)
    assert torch.equal(model.sample(10, seed=3, batch=3), first)
    assert not torch.equal(model.sample(10, seed=4), first)
    assert (first.dtype, tuple(first.shape)) == (torch.uint8, (10, 3, 32, 32))


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_the_default_dtype_of_torch_does_not_change_samples(points: Run, dtype: torch.dtype) -> None:
    expected = load(points).sample(6, seed=3)
    torch.set_default_dtype(dtype)
    try:
        model = load(points)
        samples, scores = model.sample(6, seed=3), ganbench.evaluate(points, n=250)
    finally:
        torch.set_default_dtype(torch.float32)
    assert {p.dtype for p in model.networks.parameters()} == {torch.float32}
    assert samples.dtype == torch.float32
    assert torch.equal(samples, expected)
    assert [s.to_dict() for s in scores] == [s.to_dict() for s in ganbench.evaluate(points, n=250)]


def test_points_are_in_data_coordinates(points: Run) -> None:
    samples = load(points).sample(300)
    assert (samples.dtype, tuple(samples.shape)) == (torch.float32, (300, 2))
    assert samples.abs().max() > 1.0
    assert samples.abs().max() <= points.info.high


def test_the_averaged_generator_is_used(images: Run) -> None:
    model, state = load(images), images.read_checkpoint()
    assert state is not None
    ours = model.networks.state_dict()
    for name, tensor in state["average"].items():
        assert torch.equal(ours[name], tensor)
    assert any(not torch.equal(state["networks"][k], v) for k, v in state["average"].items())
    assert not any(p.requires_grad for p in model.networks.parameters())
    assert not any(m.training for m in model.networks.modules())


def test_a_loaded_model_draws_the_same_figure_as_its_run(images: Run) -> None:
    from ganbench.utils.random_stream import RandomStream
    from ganbench.visualization.image_grid import sample_picture

    for step in (5, 12):
        model = load(images, step)
        samples = model.decode(model.latent.draw(RandomStream(0, "grid"), 4))
        if step == 12:
            picture = sample_picture(images.info, samples)
            assert (images.samples / "step-00000012.png").read_bytes() == picture


def test_the_data_set_is_not_needed(images: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the data set was opened")

    shutil.copytree(images.path, tmp_path / "run")
    monkeypatch.setattr("ganbench.data.shapes.Shapes.__init__", refuse)
    assert len(load(tmp_path / "run").sample(2)) == 2


def test_no_samples_at_all(points: Run) -> None:
    with pytest.raises(UserError, match="at least 1, not 0"):
        load(points).sample(0)


@pytest.mark.parametrize("wrong", [2.0, True, "2", None, float("nan")])
def test_numbers_that_are_no_whole_numbers_are_refused_in_one_sentence(points: Run, wrong: Any) -> None:
    model = load(points)
    with pytest.raises(UserError, match=f"^the number of samples must be a whole number, not {wrong!r}$"):
        model.sample(wrong)
    with pytest.raises(UserError, match=f"^the seed must be a whole number, not {wrong!r}$"):
        model.sample(2, seed=wrong)
    with pytest.raises(UserError, match=f"^the batch size must be a whole number, not {wrong!r}$"):
        model.sample(2, batch=wrong)
    with pytest.raises(UserError, match="the batch size must be at least 1, not 0"):
        model.sample(2, batch=0)


def test_no_latents_and_unknown_weights_are_refused(points: Run) -> None:
    with pytest.raises(UserError, match="the number of latents must be at least 1, not 0"):
        load(points).decode(torch.zeros(0, load(points).latent.size))
    with pytest.raises(UserError, match="weights must be 'averaged' or 'live', not 'ema'"):
        load(points, weights="ema")  # type: ignore[arg-type]


def test_integers_of_numpy_and_torch_give_the_samples_of_equal_ints(points: Run) -> None:
    model = load(points)
    expected = model.sample(3, seed=5)
    assert torch.equal(model.sample(np.int64(3), seed=np.uint8(5)), expected)
    assert torch.equal(model.sample(torch.tensor(3), seed=torch.tensor(5)), expected)


def test_a_run_without_a_checkpoint(points: Run, tmp_path: Path) -> None:
    shutil.copytree(points.path, tmp_path / "run")
    shutil.rmtree(tmp_path / "run" / "checkpoints")
    with pytest.raises(UserError, match="has no intact checkpoint yet"):
        load(tmp_path / "run")


@pytest.mark.parametrize("half_life", [None, 50.0])
@pytest.mark.parametrize("what", ["sample", "score", "picture"])
def test_modes_are_restored(tmp_path: Path, half_life: float | None, what: str) -> None:
    name = "gan-ring8" if what == "score" else "dcgan-shapes"
    recipe = tiny_recipe(name, {"schedule.ema_half_life": half_life})
    dataset = recipe.data()
    trainer = make_trainer(recipe, dataset, Engine(recipe.machine), 0)
    trainer.train_step()
    run = Run.create(tmp_path / "run", recipe, {"data": dataset.info.to_dict(), "seed": 0, "machine": {}})
    actions = RunHooks(run, trainer, recipe.latent(), dataset, recipe)
    live = list(trainer.networks.modules())
    layer = live[-1]
    layer.eval()  # must stay in eval mode
    averaged = [] if trainer.average is None else list(trainer.average.networks.modules())
    before = [m.training for m in [*live, *averaged]]
    state = {k: v.clone() for k, v in trainer.networks.state_dict().items()}
    if what == "sample":
        actions.model.sample(5)
    elif what == "score":
        score_model(actions.model, dataset, n=250)
    else:
        actions.draw_samples(trainer)
    assert [m.training for m in [*live, *averaged]] == before
    assert sum(before) == len(live) - 1
    assert all(torch.equal(v, state[k]) for k, v in trainer.networks.state_dict().items())


def test_modes_are_restored_after_an_error() -> None:
    networks = torch.nn.Sequential(torch.nn.BatchNorm1d(2), torch.nn.Dropout())
    networks[1].eval()
    with contextlib.suppress(KeyError), eval_mode(networks):
        assert not any(m.training for m in networks.modules())
        raise KeyError
    assert [m.training for m in networks.modules()] == [True, True, False]


def test_sampling_is_in_eval_mode_and_without_gradients() -> None:
    calls = []

    class RecordingAlgorithm(Algorithm):
        def sample(self, networks: torch.nn.ModuleDict, latent: Tensor, condition: Any = None) -> Tensor:
            calls.append((networks["G"].training, torch.is_grad_enabled()))
            return networks["G"](latent)

    class Ones:
        size = 2

        def draw(self, stream: Any, rows: int) -> Tensor:
            return torch.ones(rows, 2)

    info = DataInfo(name="x", kind="points", shape=(2,), size=1, fingerprint="")
    networks = torch.nn.ModuleDict({"G": torch.nn.Linear(2, 2)})
    model = Model(RecordingAlgorithm(), networks, Ones(), info, 0)  # type: ignore[arg-type]
    assert len(model.sample(5, batch=2)) == 5
    assert calls == [(False, False)] * 3
    assert networks["G"].training
