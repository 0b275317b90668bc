"""A zoo of one model, in ``$GANBENCH_ZOO``, and an empty cache."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.training import tiny_recipe

from ganbench.experiment.train import train
from ganbench.inference.pack_run import pack_run
from ganbench.runs.run import Run
from ganbench.zoo.index import ZooModel, describe_folder, write_index


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of a conditional GAN, so that labels are packed too."""
    return train(tiny_recipe("sagan-cifar10", {"data.size": 100}), out=tmp_path_factory.mktemp("zoo") / "run")


@pytest.fixture(scope="session")
def packed(trained: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("zoo") / "figures"
    pack_run(trained, folder)
    return folder


@pytest.fixture
def make_zoo(
    packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], tuple[Path, ZooModel]]:
    """A function that makes ``$GANBENCH_ZOO`` a zoo with the model ``figures``; returns its folder and the model."""

    def make() -> tuple[Path, ZooModel]:
        zoo = tmp_path / "zoo"
        zoo.mkdir()
        shutil.copytree(packed, zoo / "figures")
        model = describe_folder(zoo / "figures", "Figures in three colours.")
        write_index({"figures": model}, zoo / "index.json")
        monkeypatch.setenv("GANBENCH_ZOO", str(zoo))
        monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))
        return zoo, model

    return make
