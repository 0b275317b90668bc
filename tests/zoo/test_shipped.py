"""The models that ship: the index names them all, they are small, and the package's draw without anything else."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

from ganbench.inference.load import load
from ganbench.zoo.folder import is_available, zoo_folder
from ganbench.zoo.index import INDEX, read_index

ROOT = Path(__file__).parents[2]
PACKAGE = INDEX.parent / "models"
PACKAGED = read_index(PACKAGE / "index.json")
MODELS = read_index()


def test_the_index_is_that_of_the_checkout_and_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["zoo_index.py", "--check"])
    runpy.run_path(str(ROOT / "results" / "zoo_index.py"), run_name="__main__")
    assert PACKAGED.keys() < MODELS.keys()


def test_the_zoo_is_small() -> None:
    assert sum(model.size for model in MODELS.values()) < 40e6
    assert sum(model.size for model in PACKAGED.values()) < 400e3
    assert len(PACKAGED) == 3


@pytest.mark.parametrize("name", MODELS)
def test_every_model_is_as_the_index_describes_it(name: str) -> None:
    assert is_available(MODELS[name])
    folder = (PACKAGE if name in PACKAGED else ROOT / "zoo") / name
    published = {file.path for file in MODELS[name].files}
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == published
    assert {"README.md", "config.json", "recipe.json", "meta.json"} < published
    assert MODELS[name].scores


@pytest.mark.parametrize("name", PACKAGED)
def test_the_packaged_models_draw(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path))
    model = load(f"zoo:{name}")
    assert len(model.sample(4)) == 4
    assert zoo_folder(f"zoo:{name}") == tmp_path / "zoo" / name
