"""Models of the zoo become folders of the cache, with the published files or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from ganbench.dashboard.folders import resolve_root
from ganbench.errors import UserError
from ganbench.evaluation.evaluate import evaluate
from ganbench.experiment.train import resume
from ganbench.inference.load import load
from ganbench.runs.run import Run
from ganbench.zoo.folder import is_available, zoo_folder
from ganbench.zoo.index import ZooModel

MakeZoo = Callable[[], tuple[Path, ZooModel]]


def test_a_model_is_a_run_in_the_cache(make_zoo: MakeZoo, tmp_path: Path) -> None:
    zoo, model = make_zoo()
    assert is_available(model)
    run = Run("zoo:figures")
    assert run.path == tmp_path / "cache" / "zoo" / "figures"
    assert {p.relative_to(run.path).as_posix() for p in run.path.rglob("*") if p.is_file()} == {
        file.path for file in model.files
    }
    expected = load(zoo / "figures").sample(6)
    assert torch.equal(load("zoo:figures").sample(6), expected)
    shutil.rmtree(zoo / "figures")
    assert is_available(model), "the copy in the cache is enough"
    assert torch.equal(load("zoo:figures").sample(6), expected)


def test_the_dashboard_shows_a_model(make_zoo: MakeZoo, tmp_path: Path) -> None:
    make_zoo()
    assert resolve_root(Path("zoo:figures")) == (tmp_path / "cache" / "zoo" / "figures").resolve()


def test_scores_are_added_to_the_copy(make_zoo: MakeZoo) -> None:
    zoo, _ = make_zoo()
    (score,) = evaluate("zoo:figures", metrics=["swd"], n=100)
    (record,) = Run("zoo:figures").eval.glob("swd*.json")
    assert str(score.value)[:6] in record.read_text()
    assert not list((zoo / "figures" / "eval").glob("swd*.json"))


def test_a_model_cannot_be_resumed(make_zoo: MakeZoo) -> None:
    make_zoo()
    with pytest.raises(UserError, match="it holds networks, but no optimizers"):
        resume("zoo:figures", steps=1000)


def test_a_changed_copy_is_replaced(make_zoo: MakeZoo) -> None:
    _, model = make_zoo()
    folder = zoo_folder("zoo:figures")
    weights = next(file for file in model.files if file.path.endswith("networks.safetensors"))
    content = bytearray((folder / weights.path).read_bytes())
    content[-1] ^= 1
    (folder / weights.path).write_bytes(content)
    assert (zoo_folder("zoo:figures") / weights.path).read_bytes()[-1] == content[-1] ^ 1


def test_a_changed_model_is_refused(make_zoo: MakeZoo, tmp_path: Path) -> None:
    zoo, model = make_zoo()
    for file in model.files:
        path = zoo / "figures" / file.path
        content = path.read_bytes()
        path.write_bytes(content[:-1])
        with pytest.raises(UserError, match="figures is not zoo:figures as the index describes it"):
            zoo_folder("zoo:figures")
        path.write_bytes(content)
    assert not (tmp_path / "cache").exists()
    assert zoo_folder("zoo:figures").is_dir()


def test_a_model_that_is_elsewhere_names_the_command(make_zoo: MakeZoo) -> None:
    zoo, model = make_zoo()
    shutil.rmtree(zoo / "figures")
    assert not is_available(model)
    with pytest.raises(UserError, match=r"zoo:figures is not on this machine; `ganbench zoo pull figures`"):
        Run("zoo:figures")


def test_a_cache_that_cannot_be_written_is_named(make_zoo: MakeZoo, tmp_path: Path) -> None:
    make_zoo()
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(UserError, match=r"zoo:figures cannot be written to .*set GANBENCH_CACHE"):
        zoo_folder("zoo:figures")
