"""Classes named by eye: what is entered, and how it is counted."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image
from tests.support.training import tiny_recipe

from ganbench.experiment.train import train

RESULTS = Path(__file__).parents[2] / "results"


@pytest.fixture
def script(tmp_path: Path) -> Iterator[ModuleType]:
    """The script, which writes its answers to a temporary file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(RESULTS))
        module = importlib.import_module("blind_naming")
        patch.setattr(module, "ANSWERS", tmp_path / "answers.json")
        yield module


def test_a_sheet_is_drawn_and_its_names_are_counted(script: ModuleType, tmp_path: Path) -> None:
    run = train(tiny_recipe("sagan-cifar10"), out=tmp_path / "run")
    script.draw(run.path, tmp_path / "sheet.png")
    columns = json.loads((tmp_path / "sheet.json").read_text())["columns"]
    assert sorted(columns) == sorted(run.info.classes)
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.height > sheet.width, "eight rows of six classes"
    swapped = [columns[1], columns[0], *columns[2:]]
    assert "4 of 6 classes are right (seed 0, columns of 8 samples" in script.enter(
        tmp_path / "sheet.png", swapped
    )
    assert json.loads(script.ANSWERS.read_text())["sagan-cifar10"]["named"] == swapped
    with pytest.raises(SystemExit, match="give each class once: "):
        script.enter(tmp_path / "sheet.png", [columns[0]] * 6)
