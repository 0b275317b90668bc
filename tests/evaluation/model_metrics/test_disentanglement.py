"""Which direction governs which factor: closed forms, drawn pictures that a reader reads, and what is refused."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from PIL import Image
from tests.support.training import tiny_recipe
from torch import Tensor, nn

from ganbench.algorithms.base import Algorithm
from ganbench.algorithms.representation_conditioned import RepresentationConditionedGAN
from ganbench.data.shapes import Factors, generate_factors, render, shapes
from ganbench.errors import UserError
from ganbench.evaluation.evaluate import evaluate
from ganbench.evaluation.model_metrics.disentanglement import (
    disentanglement_scores,
    mutual_information_scores,
)
from ganbench.experiment.train import train
from ganbench.inference.model import Model
from ganbench.inference.traversals import POINTS, latent_coordinates, latent_traversals
from ganbench.latents import EmptyLatent, Gaussian, Latent, NoiseAndCodes, NoiseAndRepresentation
from ganbench.losses import Hinge
from ganbench.metrics.disentanglement.factor_predictor import (
    FactorTraining,
    factor_predictor_path,
    load_or_train_factor_predictor,
)
from ganbench.metrics.score import JSON

INFO = shapes(20).info


class Maker(Algorithm):
    """Makes pictures by a function of the latent, which G's one layer sees and changes nothing in."""

    def __init__(self, make: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.make = make

    def sample(self, networks: nn.ModuleDict, latent: Tensor, condition: Tensor | None = None) -> Tensor:
        networks["G"](latent)
        return self.make(latent)


def model_of(make: Callable[[Tensor], Tensor], latent: Latent) -> Model:
    first = nn.Linear(latent.size, latent.size, bias=False)
    with torch.no_grad():
        first.weight.copy_(torch.diag(torch.arange(latent.size, 0, -1).float()))
    return Model(Maker(make), nn.ModuleDict({"G": first}), latent, INFO, 3, real_data=lambda: shapes(50))


class Corner:
    """Reads a class and two numbers from the corner's three channels."""

    record: ClassVar[dict[str, JSON]] = {"data": "stand-in"}

    def __init__(self, **quality: float) -> None:
        self.quality = quality

    def __call__(self, images: Tensor) -> dict[str, Tensor]:
        kind, one, other = (images[:, c, 0, 0] for c in range(3))
        return {"kind": kind.long() // 86, "one": one.float()[:, None], "other": other.float()[:, None]}


ALL = {"kind": 1.0, "one": 1.0, "other": 1.0}


def corner(kind: Tensor, one: Tensor, other: Tensor) -> Tensor:
    return torch.stack([kind - 1, one / 8, other / 8], 1)[:, :, None, None].expand(-1, -1, 32, 32)


def test_codes_that_govern_one_factor_each_score_one_and_codes_that_govern_all_nothing() -> None:
    latent = NoiseAndCodes(noise=3, categorical=(3,), continuous=2, normal=True)
    apart = model_of(lambda z: corner(z[:, 3:6].argmax(1), z[:, 6], z[:, 7]), latent)
    (score,) = disentanglement_scores(apart, latent_traversals(apart, 40, 0), Corner(**ALL))
    assert score.value == score.details["one_factor_each"] == pytest.approx(1)
    assert score.details["table"] == {
        "categorical-1": {"kind": 1.0, "one": 0.0, "other": 0.0},
        "continuous-1": {"kind": 0.0, "one": 1.0, "other": 0.0},
        "continuous-2": {"kind": 0.0, "one": 0.0, "other": 1.0},
    }

    def all_alike(z: Tensor) -> Tensor:
        number = z[:, 6] + z[:, 7]
        return corner(number * 0, number, number)

    mixed = model_of(all_alike, latent)
    (score,) = disentanglement_scores(mixed, latent_traversals(mixed, 40, 0), Corner(**ALL))
    assert score.value == pytest.approx(0, abs=0.02)  # by bytes rounded
    assert score.details["one_factor_each"] == pytest.approx(1 - math.log(2) / math.log(3), abs=1e-3)
    (score,) = disentanglement_scores(
        apart, latent_traversals(apart, 40, 0), Corner(kind=0.3, one=0.9, other=0.2)
    )
    assert list(score.details["gaps"]) == ["one"]  # type: ignore[arg-type]
    with pytest.raises(UserError, match="no factor of the data is predicted well enough"):
        disentanglement_scores(apart, latent_traversals(apart, 40, 0), Corner(kind=0.3))


def test_the_mutual_information_gap_is_1_for_one_code_per_factor_and_0_for_equal_directions() -> None:
    latent = NoiseAndCodes(noise=3, categorical=(3,), continuous=2, normal=True)
    apart = model_of(lambda z: corner(z[:, 3:6].argmax(1), z[:, 6], z[:, 7]), latent)
    (score,) = mutual_information_scores(apart, Corner(**ALL))
    assert (score.name, score.better) == ("mig", "higher")
    assert score.value == pytest.approx(1, abs=0.15), "plug-in bias, and pixels of 256 levels"
    assert score.details["table"]["categorical-1"]["kind"] == pytest.approx(1)  # type: ignore[index, call-overload]
    mixed = model_of(lambda z: corner(z[:, 0] * 0, z[:, 0] + z[:, 1], z[:, 0] - z[:, 1]), Gaussian(3))
    (score,) = mutual_information_scores(mixed, Corner(**ALL))
    assert list(score.details["gaps"]) == ["one", "other"], "the class does not vary"  # type: ignore[arg-type]
    assert score.value == pytest.approx(0, abs=0.03)
    with pytest.raises(UserError, match="no factor of the data is predicted well enough"):
        mutual_information_scores(apart, Corner(kind=0.3))


def test_coordinates_along_principal_directions_are_relative_to_the_mean_representation() -> None:
    latent = NoiseAndRepresentation(noise=2, representation=2)
    algorithm = WideRepresentation(latent=latent, loss=Hinge(), sampling="normal")
    model = Model(
        algorithm, nn.ModuleDict({"G": nn.Linear(1, 1)}), latent, INFO, 0, real_data=lambda: shapes(50)
    )
    z, coordinates = latent_coordinates(model, 6, 0)
    centre = model.encode(shapes(50).items(torch.arange(50)))[:, 2:].mean(0)
    assert list(coordinates) == ["direction-1", "direction-2"]
    both = torch.stack(list(coordinates.values()), 1)
    torch.testing.assert_close(both.norm(dim=1), (z[:, 2:] - centre).norm(dim=1), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(both[:, 0].abs(), (z[:, 3] - centre[1]).abs(), rtol=1e-2, atol=1e-2)


def test_a_change_is_the_deviation_on_the_way_as_a_share_of_that_of_samples() -> None:
    heavy = model_of(lambda z: corner(z[:, 0] * 0, 0.3 * z[:, 0] + z[:, 1], z[:, 2]), Gaussian(3))
    ways = latent_traversals(heavy, 200, 0)
    (score,) = disentanglement_scores(heavy, ways, Corner(**ALL))
    table = score.details["table"]
    assert isinstance(table, dict)
    expected = 0.3 * math.sqrt(2) / math.sqrt(1.09)  # of -2, -1, 0, 1, 2 over that of the sum
    assert table["direction-1"]["one"] == pytest.approx(expected, rel=0.1)
    assert table["direction-2"]["one"] == 1.0
    assert score.details["gaps"]["one"] == pytest.approx(1 - expected, abs=0.05)  # type: ignore[index, call-overload]
    assert score.details["gaps"]["kind"] == 0  # type: ignore[index, call-overload]


def test_ways_change_a_latent_along_one_direction_only() -> None:
    model = model_of(lambda z: z, Gaussian(3))
    way = latent_traversals(model, 4, 0).latents["direction-2"]
    assert way.shape == (4, POINTS, 3)
    size = model.latents(4, 0).square().mean().sqrt()
    torch.testing.assert_close(way[:, :, 1].abs(), size * torch.tensor([2.0, 1, 0, 1, 2]).expand(4, -1))
    torch.testing.assert_close(way[:, :, [0, 2]], way[:, :1, [0, 2]].expand(-1, POINTS, -1))


class WideRepresentation(RepresentationConditionedGAN):
    """Has representations of two numbers, of which one is four times as wide."""

    def prepare_latents(self, networks: nn.ModuleDict, latents: Tensor, items: Tensor | None) -> Tensor:
        return latents

    def encode(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        level = torch.linspace(-1, 1, len(x))
        return torch.stack([level * 0, level * 0, 5 + level, 4 * level.flip(0).abs()], 1)


def test_representations_go_along_principal_directions_by_deviations_and_noise_stays() -> None:
    latent = NoiseAndRepresentation(noise=2, representation=2)
    algorithm = WideRepresentation(latent=latent, loss=Hinge(), sampling="normal")
    networks = nn.ModuleDict({"G": nn.Linear(1, 1)})
    seeing = Model(algorithm, networks, latent, INFO, 0, real_data=lambda: shapes(50))
    ways = latent_traversals(seeing, 3, 0)
    assert ways.kind.startswith("principal")
    told = seeing.encode(shapes(50).items(torch.arange(50)))[:, 2:]
    first = ways.latents["direction-1"]
    assert torch.equal(first[:, :, :2], first[:, :1, :2].expand(-1, POINTS, -1))
    steps = (first[:, 1:, 2:] - first[:, :-1, 2:]).flatten(0, 1)
    deviation = torch.linalg.eigvalsh(torch.cov(told.T, correction=0))[-1].sqrt()
    torch.testing.assert_close(steps.norm(dim=1), deviation.expand(len(steps)), rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(first[:, POINTS // 2, 3], told[:, 1].mean().expand(3), rtol=1e-2, atol=1e-2)


def drawn(z: Tensor) -> Tensor:
    """Draw shapes whose radius, places and lightness are the first four numbers, all else by chance."""
    u = torch.special.ndtr(z[:, :4]).double().numpy()
    known = vars(generate_factors(np.arange(len(z)), 7, "train"))
    known |= {"radius": 5 + 4 * u[:, 0], "x": 10.5 + 11 * u[:, 1], "y": 10.5 + 11 * u[:, 2]}
    return INFO.from_data(torch.from_numpy(render(Factors(**{**known, "light": 0.16 + 0.2 * u[:, 3]}))))


def test_a_reader_learns_real_pictures_is_kept_and_finds_the_factors_of_drawn_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path))
    said: list[str] = []
    real = shapes(600), shapes(100, split="test")
    reader, again = (
        load_or_train_factor_predictor(*real, FactorTraining(images=3000, batch_size=50), note=said.append)
        for _ in range(2)
    )
    assert len(said) == 2, "of one training, for the second one is the kept one"
    assert reader.record == again.record
    assert set(reader.quality) == {"figure", "colour", "radius", "x", "y", "turn", "tint", "light", "slope"}
    assert min(reader.quality[name] for name in ("x", "y", "light")) > 0.75
    with pytest.raises(UserError, match="the factor predictor needs images of shape"):
        reader(torch.zeros(2, 3, 8, 8, dtype=torch.uint8))
    model = model_of(drawn, Gaussian(6))
    (score,) = disentanglement_scores(model, latent_traversals(model, 20, 0), reader)
    table, gaps = score.details["table"], score.details["gaps"]
    assert isinstance(table, dict)
    assert isinstance(gaps, dict)
    for place, name in ((2, "x"), (3, "y"), (4, "light")):
        assert table[f"direction-{place}"][name] == pytest.approx(1, abs=0.1)
        assert gaps[name] > 0.5, "what has another direction changes it less than by half of that"
    (score,) = mutual_information_scores(model, reader)
    shares = score.details["table"]
    assert isinstance(shares, dict)
    for place, name in ((2, "x"), (3, "y")):
        assert max(shares, key=lambda direction: shares[direction][name]) == f"direction-{place}"


def test_a_damaged_reader_is_trained_anew_to_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path))
    real, training = (shapes(40), shapes(20, split="test")), FactorTraining(images=80, batch_size=20)
    first = load_or_train_factor_predictor(*real, training, note=lambda text: None)
    path = factor_predictor_path(real[0].info, training)
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    torch.manual_seed(5)
    said: list[str] = []
    assert (
        load_or_train_factor_predictor(*real, training, note=said.append).weights_sha256
        == first.weights_sha256
    )
    assert said
    other = load_or_train_factor_predictor(
        *real, FactorTraining(images=80, batch_size=20, seed=1), note=lambda text: None
    )
    assert other.weights_sha256 != first.weights_sha256


def test_what_cannot_be_judged_is_refused_before_a_reader_is_trained(tmp_path: Path) -> None:
    run = train(tiny_recipe("dcgan-shapes"), out=tmp_path / "shapes")
    with pytest.raises(UserError, match="'disentanglement' needs data whose factors are known"):
        evaluate(run, metrics=["disentanglement"], against=f"folder:{_folder(tmp_path)}")
    without = Model(Maker(lambda z: z), nn.ModuleDict({"G": nn.Conv2d(3, 3, 1)}), EmptyLatent(), INFO, 0)
    with pytest.raises(UserError, match="samples start from images"):
        latent_traversals(without, 2, 0)


def _folder(tmp_path: Path) -> str:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(2):
        Image.new("RGB", (32, 32), (number, 0, 0)).save(folder / f"{number}.png")
    return str(folder)
