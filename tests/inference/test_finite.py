"""What networks compute is refused if it is not finite, before it becomes pixels, grids, files or scores."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.support.training import tiny_recipe
from torch import nn

from ganbench.data.shapes import shapes
from ganbench.data.toy import ring8
from ganbench.errors import NotFiniteError, RunError
from ganbench.evaluation.scoring import score_model
from ganbench.experiment.train import train
from ganbench.inference.build import make_dataset
from ganbench.inference.critic_scores import critic_scores
from ganbench.inference.directions import directions
from ganbench.inference.finite import require_finite
from ganbench.inference.model import Model
from ganbench.inference.snapshots import untrained_model
from ganbench.visualization.export import write_interpolations, write_picture, write_samples
from ganbench.visualization.sample_grid import make_sample_grid


def build(name: str) -> Model:
    recipe = tiny_recipe(name)
    return untrained_model(recipe, make_dataset(recipe).info)


def first_weight(network: nn.Module) -> torch.Tensor:
    return next(p for p in network.parameters() if p.dim() > 1)


def poison(model: Model, network: str, value: float) -> Model:
    with torch.no_grad():
        first_weight(model.networks[network])[0, 0] = value
    return model


KINDS = ("gan-ring8", "dcgan-shapes", "gan1d-minimax", "infogan-mnist", "sndcgan-projection-mnist")


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_samples_of_a_poisoned_weight_are_refused_by_its_name(name: str, value: float) -> None:
    model = poison(build(name), "G", value)
    refusal = r"of 5 samples of the model at step 0 are not finite numbers \(NaN or infinity began in G\."
    with pytest.raises(NotFiniteError, match=refusal):
        model.sample(5)


def test_weights_that_are_finite_but_too_large_are_refused_by_their_samples() -> None:
    model = build("gan-ring8")
    with torch.no_grad():
        for parameter in model.networks["G"].parameters():
            parameter.mul_(1e38)
    with pytest.raises(NotFiniteError, match="not finite numbers, though all weights are"):
        model.sample(5)


def test_running_statistics_of_a_norm_are_found_by_the_samples() -> None:
    model = build("dcgan-shapes")
    next(m for m in model.networks["G"].modules() if isinstance(m, nn.BatchNorm2d)).running_var.fill_(
        float("nan")
    )  # type: ignore[union-attr]
    with pytest.raises(NotFiniteError, match="5 of 5 samples"):
        model.sample(5)


def test_only_the_samples_that_are_concerned_are_counted() -> None:
    rows = torch.zeros(6, 3, 2, 2)
    rows[1, 0, 0, 0], rows[4] = float("nan"), float("-inf")
    with pytest.raises(NotFiniteError, match="2 of 6 pictures of the model at step 1,000"):
        require_finite(rows, "pictures", nn.ModuleDict(), 1000)
    assert require_finite(rows[2:4], "pictures", nn.ModuleDict(), 1000) is not None


USES: dict[str, Callable[[Model, Path], Any]] = {
    "a grid": lambda model, out: make_sample_grid(model, 4, _stream()).render_png(model),
    "FILE.png": lambda model, out: write_samples(model, out / "x.png", 4, 0),
    "FILE.npz": lambda model, out: write_samples(model, out / "x.npz", 4, 0),
    "a folder": lambda model, out: write_samples(model, out / "x", 4, 0),
    "interpolations": lambda model, out: write_interpolations(model, out / "x.png", 2, 0),
    "directions": lambda model, out: write_picture(model, out / "x.png", "directions", 2, 0),
    "kd of pixels": lambda model, out: score_model(
        model, shapes(size=100), metrics=["kd"], features="pixels", n=100
    ),
    "swd": lambda model, out: score_model(model, shapes(size=200), metrics=["swd"], n=100),
    "spectrum": lambda model, out: score_model(model, shapes(size=200), metrics=["spectrum"], n=100),
}


def _stream() -> Any:
    from ganbench.utils.random_stream import RandomStream

    return RandomStream(0, "sample")


@pytest.mark.parametrize("use", USES)
def test_no_file_and_no_score_is_made_of_them(use: str, tmp_path: Path) -> None:
    model = poison(build("dcgan-shapes"), "G", float("nan"))
    with pytest.raises(NotFiniteError):
        USES[use](model, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_encodings_features_translations_and_scores_of_d_are_refused() -> None:
    bigan = poison(build("bigan-mnist"), "E", float("nan"))
    images = torch.zeros(3, *bigan.info.shape, dtype=torch.uint8)
    for use in (bigan.encode, bigan.reconstruct):
        with pytest.raises(NotFiniteError, match="3 of 3 results"):
            use(images)
    cyclegan = build("cyclegan-mnist")
    network = next(name for name in cyclegan.networks if name.startswith("G"))
    for name in cyclegan.networks:
        poison(cyclegan, name, float("nan"))
    images = torch.zeros(3, *cyclegan.info.shape, dtype=torch.uint8)
    with pytest.raises(NotFiniteError, match=f"began in {network}"):
        cyclegan.translate(images)
    with pytest.raises(NotFiniteError, match="2 of 2 scores of D"):
        critic_scores(poison(build("gan-ring8"), "D", float("nan")), ring8(points=5).items(torch.arange(2)))


def test_directions_of_a_poisoned_first_layer_are_refused() -> None:
    model = poison(build("gan-ring8"), "G", float("nan"))
    with pytest.raises(NotFiniteError, match="derivatives of the first layer"):
        directions(model, model.latents(4))


def test_a_training_whose_samples_are_not_finite_fails_as_a_run(tmp_path: Path) -> None:
    changes = {"optimizers.G.lr": 1e38, "schedule.sample_every": 1, "schedule.log_every": 100}
    with pytest.raises(RunError, match="samples of the model at step 1 are not finite numbers"):
        train(tiny_recipe("gan-ring8", changes), out=tmp_path / "run")
    from ganbench.runs.run import Run

    (failure,) = Run(tmp_path / "run").events.read("failure")
    assert "not finite" in failure["error"]
    assert not list((tmp_path / "run" / "samples").glob("*.png"))
