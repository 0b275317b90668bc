"""A folder from a stranger: links, pipes and huge files in it are refused by name, by every command."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.hostile_runs import ACTIONS, FILES, FOLDERS, LARGEST, make_sparse
from tests.support.training import read_files, tiny_recipe

from ganbench.errors import UserError
from ganbench.experiment.train import train
from ganbench.inference.load import load
from ganbench.runs.folder_check import find_problem


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(tiny_recipe("gan-ring8"), out=tmp_path_factory.mktemp("original") / "run").path


@pytest.fixture
def run(original: Path, tmp_path: Path) -> Path:
    shutil.copytree(original, tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture
def outside(original: Path, tmp_path: Path) -> Iterator[Path]:
    """Another run and a private file, which must stay as they are."""
    folder = tmp_path / "outside"
    shutil.copytree(original, folder / "run")
    (folder / "secret").write_text("private")
    before = read_files(folder)
    yield folder
    assert read_files(folder) == before


def refuse(run: Path, problem: str) -> None:
    for command in ACTIONS.values():
        with pytest.raises(UserError, match=f"run is not used: {problem}") as error:
            command(run)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", FILES)
def test_a_link_to_a_file_is_refused_by_every_command(run: Path, outside: Path, name: str) -> None:
    (run / name).parent.mkdir(exist_ok=True)
    (run / name).unlink(missing_ok=True)
    (run / name).symlink_to(outside / "secret")
    refuse(run, f"{name} is a link")


@pytest.mark.parametrize("name", FOLDERS)
def test_a_link_to_a_folder_is_refused_by_every_command(run: Path, outside: Path, name: str) -> None:
    shutil.rmtree(run / name, ignore_errors=True)
    (run / name).symlink_to(outside / "run" / name if name in os.listdir(outside / "run") else outside)
    refuse(run, f"{name} is a link")


def test_a_link_within_the_folder_is_refused_too(run: Path) -> None:
    (run / "events.jsonl").unlink()
    (run / "events.jsonl").symlink_to("recipe.json")  # the log would be appended to the recipe
    before = (run / "recipe.json").read_bytes()
    refuse(run, "events.jsonl is a link")
    assert (run / "recipe.json").read_bytes() == before


@pytest.mark.parametrize(
    "name",
    ["meta.json", "events.jsonl", "eval/fd.json", ".lock", "samples/a.png", "checkpoints/step-00000012"],
)
def test_a_pipe_is_refused_at_once(run: Path, name: str) -> None:
    shutil.rmtree(run / name) if (run / name).is_dir() else (run / name).unlink(missing_ok=True)
    os.mkfifo(run / name)
    started = time.monotonic()
    refuse(run, f"{name} is not a regular file")
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(("name", "limit"), LARGEST.items())
def test_a_sparse_file_is_refused_by_its_size(run: Path, name: str, limit: int) -> None:
    make_sparse(run / name)
    refuse(run, f"{name} is larger than {limit} MiB")


def test_a_run_that_is_itself_given_as_a_link_is_used(run: Path, tmp_path: Path) -> None:
    (tmp_path / "latest").symlink_to(run)
    assert load(tmp_path / "latest").step == 12


def test_the_number_of_files_can_be_limited(run: Path) -> None:
    assert find_problem(run) == ""
    assert find_problem(run, max_files=3) == "it has more than 3 files"
    assert find_problem(run / "none") == ""


def test_the_content_of_a_skipped_folder_is_not_checked(run: Path) -> None:
    (run / "eval/link").symlink_to("fd.json")
    assert find_problem(run, skip=("eval",)) == ""
    assert "eval/link is a link" in find_problem(run)
