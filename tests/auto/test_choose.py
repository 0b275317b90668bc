"""What is chosen for pictures of one's own, and that it is an ordinary recipe: trained and resumed like others."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from tests.support.tiny import drawn, stop_after

from ganbench.augment import DiffAugment
from ganbench.auto import rules
from ganbench.auto.choose import Choice, choose
from ganbench.conditioning import ClassifierHead
from ganbench.config.spec import Spec
from ganbench.data.images import ImageSet
from ganbench.errors import Stopped, UserError
from ganbench.experiment.train import resume, train
from ganbench.regularizers import LeCam
from ganbench.runs.run import Run
from ganbench.utils.files import read_json

TINY: dict[str, Any] = {
    "networks.G.width": 2,
    "networks.D.width": 2,
    "schedule.steps": 4,
    "schedule.sample_every": 2,
    "schedule.samples": 4,
    "machine.threads": 1,
}


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path_factory.mktemp("cache")))


def write(folder: Path, number: int, size: tuple[int, int], *, grey: bool = False, mode: str = "RGB") -> None:
    """Write so many pictures of a size (width, height)."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(number)
    for i in range(number):
        pixels = chance.integers(0, 256, (size[1], size[0], 1 if grey else 3), dtype=np.uint8)
        Image.fromarray(pixels.repeat(3, 2) if grey else pixels).convert(mode).save(folder / f"{i}.png")


def chosen_for(folder: Path, budget: str = "10m", **changes: Any) -> Choice:
    return choose(budget, {"data": f"folder:{folder}", **changes})


def said(choice: Choice, what: str) -> str:
    (line,) = [line for line in choice.reasons if line.startswith(f"{what}: ")]
    return line


def test_few_photographs_of_mixed_shapes(tmp_path: Path) -> None:
    write(tmp_path / "own" / "wide", 10, (200, 100))
    write(tmp_path / "own" / "square", 10, (150, 150))
    choice = chosen_for(tmp_path / "own", "40m")
    recipe = choice.recipe
    assert dict(recipe.data.kwargs) == {
        "path": str(tmp_path / "own"), "size": 64, "on_error": "skip", "grey": False, "flip": True,
    }  # fmt: skip
    assert [recipe.networks[name].kwargs["width"] for name in "GD"] == [16, 16]
    assert [recipe.networks[name].kwargs["folded"] for name in "GD"] == [True, True]
    assert "2x2" in said(choice, "folded")
    assert [recipe.optimizers[name].kwargs["lr"] for name in "GD"] == [2.5e-4, 5e-4]
    assert recipe.networks["D"].kwargs.get("conditioning") is None, "10 pictures a class are too few"
    assert recipe.algorithm.kwargs["augmentation"] == Spec(DiffAugment)
    assert recipe.algorithm.kwargs["regularizers"] == (Spec(LeCam, weight=0.3),)
    assert (recipe.name, recipe.budget, choice.minutes, recipe.schedule.batch) == ("auto", "40m", 40.0, 16)
    assert recipe.schedule.batch <= rules.LEAST_PICTURES
    assert "LeCam, weight 0.3" in said(choice, "penalty on D")
    assert "10 of 20" in said(choice, "shape")
    assert "costs them 50% at the median" in said(choice, "shape")
    assert "64x64 (shorter side of the middle picture: 125; minutes of budget: 40; from 120: 128" in said(
        choice, "resolution"
    )


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_grey_pictures_in_classes_however_they_are_stored(tmp_path: Path, mode: str) -> None:
    for name in ("a", "b"):
        write(tmp_path / "own" / name, 20, (28, 28), grey=True, mode=mode)
    choice = chosen_for(tmp_path / "own", "2h")
    assert (choice.recipe.data.kwargs["grey"], choice.recipe.data.kwargs["flip"]) == (True, False)
    assert choice.recipe.data.kwargs["size"] == 32, "no more than the pictures have, but the least there is"
    assert choice.recipe.networks["D"].kwargs["conditioning"].target is ClassifierHead
    assert "2 classes of at least 20" in said(choice, "data")


def test_one_picture_in_colour_keeps_the_colours(tmp_path: Path) -> None:
    write(tmp_path / "own", 20, (32, 32), grey=True)
    write(tmp_path / "own" / "more", 1, (32, 32))
    assert chosen_for(tmp_path / "own").recipe.data.kwargs["grey"] is False


def test_what_was_asked_for_stays(tmp_path: Path) -> None:
    write(tmp_path / "own", 16, (40, 80))
    asked = {"data.size": [32, 64], "data.flip": False, "data.grey": True, "algorithm.augmentation": None}
    choice = chosen_for(tmp_path / "own", **asked)
    data = choice.recipe.data.kwargs
    assert (data["size"], data["flip"], data["grey"]) == ((32, 64), False, True)
    assert choice.recipe.algorithm.kwargs["augmentation"] is None
    assert "75%" in said(choice, "shape")
    assert said(choice, "changed by you") == "changed by you: algorithm.augmentation"


@pytest.mark.parametrize(("size", "augmented"), [
    (2_000, Spec(DiffAugment)), (2_001, Spec(DiffAugment, colour=False)),
    (5_000, Spec(DiffAugment, colour=False)), (5_001, None),
])  # fmt: skip
def test_by_how_often_each_will_be_seen_in_ten_minutes(
    monkeypatch: pytest.MonkeyPatch, size: int, augmented: Spec | None
) -> None:
    pictures = ImageSet("many", torch.zeros(size, 1, 28, 28, dtype=torch.uint8))
    monkeypatch.setattr("ganbench.auto.choose.make", lambda *_: pictures)
    recipe = choose("10m", {"data": "mnist"}).recipe
    assert recipe.algorithm.kwargs["augmentation"] == augmented
    assert recipe.algorithm.kwargs["regularizers"] == (Spec(LeCam, weight=0.3),)


@pytest.mark.parametrize(
    ("budget", "width", "rate"), [("60m", 16, 1e-3), ("2h", 32, 5e-4), ("16h", 64, 2.5e-4)]
)
def test_rates_are_lower_the_wider_networks_are(
    monkeypatch: pytest.MonkeyPatch, budget: str, width: int, rate: float
) -> None:
    pictures = ImageSet("small", torch.zeros(20, 1, 28, 28, dtype=torch.uint8))
    monkeypatch.setattr("ganbench.auto.choose.make", lambda *_: pictures)
    recipe = choose(budget, {"data": "mnist"}).recipe
    assert recipe.networks["D"].kwargs["width"] == width
    assert recipe.optimizers["D"].kwargs["lr"] == rate
    assert recipe.optimizers["G"].kwargs["lr"] == rate / 2
    asked = choose(budget, {"data": "mnist", "optimizers.D.lr": 3e-3}).recipe
    assert asked.optimizers["D"].kwargs["lr"] == 3e-3


def odd(root: Path) -> None:
    """Write sound pictures, odd ones, and three files that are broken."""
    write(root, 14, (40, 30))
    write(root / "odd", 1, (3000, 20))
    Image.new("RGB", (1, 1)).save(root / "point.png")
    Image.new("CMYK", (40, 40), (0, 255, 255, 0)).save(root / "print.jpg")
    (root / "empty.png").write_bytes(b"")
    (root / "text.png").write_text("no picture")
    (root / "cut.png").write_bytes((root / "0.png").read_bytes()[:-200])


def test_odd_pictures_are_used_and_broken_ones_left_out_and_counted(tmp_path: Path) -> None:
    odd(tmp_path / "own")
    with pytest.warns(UserWarning, match="3 of the 20 pictures"):
        choice = chosen_for(tmp_path / "own")
    assert "17 pictures, without 3 that are broken" in said(choice, "data")
    with pytest.raises(UserError, match=r"3 of the 20 pictures in .* are broken"):
        chosen_for(tmp_path / "own", **{"data.on_error": "refuse"})


def test_too_few_that_can_be_read_are_refused(tmp_path: Path) -> None:
    odd(tmp_path / "own")
    for i in range(2):
        (tmp_path / "own" / f"{i}.png").write_bytes(b"")
    with (
        warnings.catch_warnings(action="ignore"),
        pytest.raises(UserError, match="has 15 pictures that can be read; auto needs at least 16"),
    ):
        chosen_for(tmp_path / "own")


def test_it_is_trained_and_resumed_like_any_other(tmp_path: Path) -> None:
    odd(tmp_path / "own")
    changes = {"data": f"folder:{tmp_path / 'own'}", **TINY}
    with warnings.catch_warnings(action="ignore"), drawn():
        whole = train("auto", out=tmp_path / "whole", overrides=changes)
        with pytest.MonkeyPatch.context() as patch:
            stop_after(patch, 2)
            with pytest.raises(Stopped):
                train("auto", out=tmp_path / "parts", overrides=changes)
        resumed = resume(Run(tmp_path / "parts"))
    assert read_json(whole.path / "meta.json")["chosen"][0].startswith("data: folder:own, 17 pictures")
    assert whole.recipe() == resumed.recipe()
    once, again = (run.read_checkpoint() for run in (whole, resumed))
    assert once is not None
    assert again is not None
    assert all(torch.equal(v, again["networks"][k]) for k, v in once["networks"].items())
    assert len(list(whole.samples.iterdir())) == 2


def test_without_a_budget_ten_minutes_are_planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def planned(recipe: Any, minutes: float, *_: Any) -> Any:
        raise UserError(f"{recipe.name} for {minutes} minutes")

    monkeypatch.setattr("ganbench.experiment.train.planned", planned)
    write(tmp_path / "own", 16, (32, 32))
    with pytest.raises(UserError, match=r"auto for 10.0 minutes"):
        train("auto", out=tmp_path / "run", overrides={"data": f"folder:{tmp_path / 'own'}"})
    assert not (tmp_path / "run").exists()
