"""The folder of an inversion: what it holds, that an interrupted one is continued, and that nothing is overwritten."""

from __future__ import annotations

import dataclasses
import inspect
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import ganbench
from ganbench.cli.invert import invert as command
from ganbench.cli.main import app
from ganbench.errors import UserError
from ganbench.evaluation import invert_folder
from ganbench.evaluation.invert_folder import invert_images
from ganbench.inference.inversion import InversionSettings, invert
from ganbench.inference.model import Model

FAST = InversionSettings(steps=4, starts=2)


@pytest.fixture(scope="module")
def model() -> Model:
    return ganbench.load("zoo:digits")


@pytest.fixture(scope="module")
def images(model: Model, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder of 5 digits that the model has made."""
    folder = tmp_path_factory.mktemp("images")
    for number, image in enumerate(model.sample(5, seed=1)):
        Image.fromarray(image[0].numpy()).save(folder / f"{number}.png")
    return str(folder)


def test_the_folder_holds_latents_record_and_picture(model: Model, images: str, tmp_path: Path) -> None:
    record = invert_images(model, images, tmp_path / "out", FAST, edits=2)
    assert json.loads((tmp_path / "out" / "inversion.json").read_text()) == record
    assert (record["items"]["count"], record["finished"]) == (5, True)
    with np.load(tmp_path / "out" / "latents.npz") as arrays:
        assert {key: arrays[key].shape for key in arrays} == {"latents": (5, 16), "labels": (5,), "l1": (5,)}
        assert record["l1"] == pytest.approx(arrays["l1"].mean())
    picture = Image.open(tmp_path / "out" / "inversion.png")
    assert picture.width / picture.height == pytest.approx(6 / 5, abs=0.01)  # image, sample, 2 x 2 edits


def test_an_interrupted_inversion_is_continued_and_gives_the_same(
    model: Model, images: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invert_folder, "_PART", 2)
    whole = invert_images(model, images, tmp_path / "whole", FAST, edits=0)
    calls: list[int] = []

    def interrupt(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return invert(*args, **kwargs)

    monkeypatch.setattr(invert_folder, "invert", interrupt)
    with pytest.raises(KeyboardInterrupt):
        invert_images(model, images, tmp_path / "parts", FAST, edits=0)
    with pytest.raises(UserError, match="the beginning of an inversion with another settings"):
        invert_images(model, images, tmp_path / "parts", InversionSettings(steps=5, starts=2), edits=0)
    assert invert_images(model, images, tmp_path / "parts", FAST, edits=0) == whole
    assert len(calls) == 4  # one part before the interruption, one that it hit, two after it
    assert (tmp_path / "parts" / "latents.npz").read_bytes() == (
        tmp_path / "whole" / "latents.npz"
    ).read_bytes()


def test_other_folders_are_left_alone(model: Model, images: str, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(UserError, match="exists and holds no inversion"):
        invert_images(model, images, tmp_path / "mine", FAST)
    assert not list((tmp_path / "mine").iterdir())


def test_a_damaged_part_is_named(model: Model, images: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    invert_images(model, images, out, FAST, n=2, edits=0)
    record = json.loads((out / "inversion.json").read_text())
    (out / "inversion.json").write_text(json.dumps({**record, "finished": False}))
    (out / "parts" / "00000000.npz").write_bytes(b"PK")
    with pytest.raises(UserError, match=r"00000000.npz is damaged; delete it"):
        invert_images(model, images, out, FAST, n=2, edits=0)


def test_the_command(images: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    arguments = [
        "invert",
        "zoo:digits",
        images,
        "--out",
        str(out),
        "--steps",
        "3",
        "--starts",
        "1",
        "--class",
        "3",
    ]
    app([*arguments, "--n", "2", "--edits", "0"], standalone_mode=False)
    assert capsys.readouterr().out.startswith(f"{out}  2 images, mean absolute difference 0.")
    with np.load(out / "latents.npz") as arrays:
        assert arrays["labels"].tolist() == [3, 3]


def test_another_model_does_not_continue_it(model: Model, images: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    record = invert_images(model, images, out, FAST, n=2, edits=0)
    start = {key: record[key] for key in ("items", "model", "settings")}
    (out / "inversion.json").write_text(json.dumps({**start, "finished": False}))
    other = ganbench.load("zoo:digits")
    with torch.no_grad():
        next(other.networks["G"].parameters()).add_(0.1)
    with pytest.raises(UserError, match="the beginning of an inversion with another model"):
        invert_images(other, images, out, FAST, n=2, edits=0)
    assert invert_images(model, images, out, FAST, n=2, edits=0) == record


def test_the_defaults_of_the_command_are_those_of_the_search() -> None:
    parameters = inspect.signature(command).parameters
    defaults = dataclasses.asdict(InversionSettings())
    assert {name: parameters[name].default for name in defaults} == defaults
