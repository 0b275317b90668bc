"""What auto chooses for a user's images, and that the result trains and resumes like any recipe."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from tests.support.training import draw_figures, stop_after

from ganbench.augment import DiffAugment
from ganbench.auto import rules
from ganbench.auto.choose import ChosenRecipe, choose_recipe
from ganbench.conditioning import ClassifierHead
from ganbench.config.spec import Spec
from ganbench.data.images import ImageDataset
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


def write_images(
    folder: Path, count: int, size: tuple[int, int], *, grey: bool = False, mode: str = "RGB"
) -> None:
    """Write ``count`` random images of a size (width, height)."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(count)
    for i in range(count):
        pixels = rng.integers(0, 256, (size[1], size[0], 1 if grey else 3), dtype=np.uint8)
        Image.fromarray(pixels.repeat(3, 2) if grey else pixels).convert(mode).save(folder / f"{i}.png")


def choose_for(folder: Path, budget: str = "10m", **changes: Any) -> ChosenRecipe:
    return choose_recipe(budget, {"data": f"folder:{folder}", **changes})


def reason(choice: ChosenRecipe, key: str) -> str:
    (line,) = [line for line in choice.reasons if line.startswith(f"{key}: ")]
    return line


def test_few_colour_images_of_mixed_shapes(tmp_path: Path) -> None:
    write_images(tmp_path / "own" / "wide", 10, (200, 100))
    write_images(tmp_path / "own" / "square", 10, (150, 150))
    choice = choose_for(tmp_path / "own", "40m")
    recipe = choice.recipe
    assert dict(recipe.data.kwargs) == {
        "path": str(tmp_path / "own"), "size": 64, "on_error": "skip", "grey": False, "flip": True,
    }  # fmt: skip
    assert [recipe.networks[name].kwargs["width"] for name in "GD"] == [16, 16]
    assert [recipe.networks[name].kwargs["patch_size"] for name in "GD"] == [2, 2]
    assert "2x2" in reason(choice, "patch size")
    assert [recipe.optimizers[name].kwargs["lr"] for name in "GD"] == [2.5e-4, 5e-4]
    assert recipe.networks["D"].kwargs.get("conditioning") is None, "10 pictures a class are too few"
    assert recipe.algorithm.kwargs["augmentation"] == Spec(DiffAugment)
    assert recipe.algorithm.kwargs["regularizers"] == (Spec(LeCam, weight=0.3),)
    assert (recipe.name, recipe.budget, choice.minutes, recipe.schedule.batch) == ("auto", "40m", 40.0, 16)
    assert recipe.schedule.batch <= rules.MIN_IMAGES
    assert "LeCam, weight 0.3" in reason(choice, "regularizer of D")
    assert "10 of 20" in reason(choice, "shape")
    assert "lose a median of 50%" in reason(choice, "shape")
    assert "64x64 (median shorter side: 125; minutes of budget: 40; from 120: 128" in reason(
        choice, "resolution"
    )


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_grey_images_with_classes_in_any_mode(tmp_path: Path, mode: str) -> None:
    for name in ("a", "b"):
        write_images(tmp_path / "own" / name, 20, (28, 28), grey=True, mode=mode)
    choice = choose_for(tmp_path / "own", "2h")
    assert (choice.recipe.data.kwargs["grey"], choice.recipe.data.kwargs["flip"]) == (True, False)
    assert choice.recipe.data.kwargs["size"] == 32, "not above the images' size, but at least the minimum"
    assert choice.recipe.networks["D"].kwargs["conditioning"].target is ClassifierHead
    assert "2 classes of at least 20" in reason(choice, "data")


def test_one_colour_image_makes_the_data_set_coloured(tmp_path: Path) -> None:
    write_images(tmp_path / "own", 20, (32, 32), grey=True)
    write_images(tmp_path / "own" / "more", 1, (32, 32))
    assert choose_for(tmp_path / "own").recipe.data.kwargs["grey"] is False


def test_user_overrides_are_kept(tmp_path: Path) -> None:
    write_images(tmp_path / "own", 16, (40, 80))
    overrides: dict[str, Any] = {
        "data.size": [32, 64],
        "data.flip": False,
        "data.grey": True,
        "algorithm.augmentation": None,
    }
    choice = choose_for(tmp_path / "own", **overrides)
    data = choice.recipe.data.kwargs
    assert (data["size"], data["flip"], data["grey"]) == ((32, 64), False, True)
    assert choice.recipe.algorithm.kwargs["augmentation"] is None
    assert "75%" in reason(choice, "shape")
    assert reason(choice, "changed by you") == "changed by you: algorithm.augmentation"


@pytest.mark.parametrize(("size", "augmented"), [
    (2_000, Spec(DiffAugment)), (2_001, Spec(DiffAugment, colour=False)),
    (5_000, Spec(DiffAugment, colour=False)), (5_001, None),
])  # fmt: skip
def test_augmentation_depends_on_minutes_per_image(
    monkeypatch: pytest.MonkeyPatch, size: int, augmented: Spec | None
) -> None:
    images = ImageDataset("many", torch.zeros(size, 1, 28, 28, dtype=torch.uint8))
    monkeypatch.setattr("ganbench.auto.choose.make", lambda *_: images)
    recipe = choose_recipe("10m", {"data": "mnist"}).recipe
    assert recipe.algorithm.kwargs["augmentation"] == augmented
    assert recipe.algorithm.kwargs["regularizers"] == (Spec(LeCam, weight=0.3),)


@pytest.mark.parametrize(
    ("budget", "width", "rate"), [("60m", 16, 1e-3), ("2h", 32, 5e-4), ("16h", 64, 2.5e-4)]
)
def test_wider_networks_have_lower_learning_rates(
    monkeypatch: pytest.MonkeyPatch, budget: str, width: int, rate: float
) -> None:
    images = ImageDataset("small", torch.zeros(20, 1, 28, 28, dtype=torch.uint8))
    monkeypatch.setattr("ganbench.auto.choose.make", lambda *_: images)
    recipe = choose_recipe(budget, {"data": "mnist"}).recipe
    assert recipe.networks["D"].kwargs["width"] == width
    assert recipe.optimizers["D"].kwargs["lr"] == rate
    assert recipe.optimizers["G"].kwargs["lr"] == rate / 2
    overridden = choose_recipe(budget, {"data": "mnist", "optimizers.D.lr": 3e-3}).recipe
    assert overridden.optimizers["D"].kwargs["lr"] == 3e-3


def write_odd_images(root: Path) -> None:
    """Write 14 normal images, three unusual ones and three broken files."""
    write_images(root, 14, (40, 30))
    write_images(root / "odd", 1, (3000, 20))
    Image.new("RGB", (1, 1)).save(root / "point.png")
    Image.new("CMYK", (40, 40), (0, 255, 255, 0)).save(root / "print.jpg")
    (root / "empty.png").write_bytes(b"")
    (root / "text.png").write_text("no picture")
    (root / "cut.png").write_bytes((root / "0.png").read_bytes()[:-200])


def test_unusual_images_are_used_and_broken_ones_are_skipped_and_counted(tmp_path: Path) -> None:
    write_odd_images(tmp_path / "own")
    with pytest.warns(UserWarning, match="3 of the 20 images"):
        choice = choose_for(tmp_path / "own")
    assert "17 images, without 3 broken ones" in reason(choice, "data")
    with pytest.raises(UserError, match=r"3 of the 20 images in .* are broken"):
        choose_for(tmp_path / "own", **{"data.on_error": "refuse"})


def test_too_few_readable_images_are_refused(tmp_path: Path) -> None:
    write_odd_images(tmp_path / "own")
    for i in range(2):
        (tmp_path / "own" / f"{i}.png").write_bytes(b"")
    with (
        warnings.catch_warnings(action="ignore"),
        pytest.raises(UserError, match="has 15 readable images; auto needs at least 16"),
    ):
        choose_for(tmp_path / "own")


def test_auto_trains_and_resumes_like_any_recipe(tmp_path: Path) -> None:
    write_odd_images(tmp_path / "own")
    changes = {"data": f"folder:{tmp_path / 'own'}", **TINY}
    with warnings.catch_warnings(action="ignore"), draw_figures():
        whole = train("auto", out=tmp_path / "whole", overrides=changes)
        with pytest.MonkeyPatch.context() as patch:
            stop_after(patch, 2)
            with pytest.raises(Stopped):
                train("auto", out=tmp_path / "parts", overrides=changes)
        resumed = resume(Run(tmp_path / "parts"))
    assert read_json(whole.path / "meta.json")["chosen"][0].startswith("data: folder:own, 17 images")
    assert whole.recipe() == resumed.recipe()
    once, again = (run.read_checkpoint() for run in (whole, resumed))
    assert once is not None
    assert again is not None
    assert all(torch.equal(v, again["networks"][k]) for k, v in once["networks"].items())
    assert len(list(whole.samples.iterdir())) == 2


def test_the_default_budget_is_ten_minutes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def planned(recipe: Any, minutes: float, *_: Any, **_options: Any) -> Any:
        raise UserError(f"{recipe.name} for {minutes} minutes")

    monkeypatch.setattr("ganbench.experiment.train.fit_to_budget", planned)
    write_images(tmp_path / "own", 16, (32, 32))
    with pytest.raises(UserError, match=r"auto for 10.0 minutes"):
        train("auto", out=tmp_path / "run", overrides={"data": f"folder:{tmp_path / 'own'}"})
    assert not (tmp_path / "run").exists()
