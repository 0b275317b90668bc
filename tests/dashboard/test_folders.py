"""Runs are found below a root, each once, and none is read that leads out of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ganbench.dashboard.folders import Found, folders_below, problem_of


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("root/a", "root/sub/b", "root/study/runs/c", "outside/d"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "recipe.json").write_text("{}")
    (tmp_path / "root/study/study.json").write_text("{}")
    return tmp_path / "root"


def found(root: Path) -> dict[str, Found]:
    return {one.label: one for one in folders_below(root)}


def test_runs_and_studies_are_found_by_their_paths(root: Path) -> None:
    listed = found(root)
    assert {label: one.kind for label, one in listed.items()} == {
        "a": "run", "study": "study", "study/runs/c": "run", "sub/b": "run",
    }  # fmt: skip
    assert all(one.problem == "" for one in listed.values())
    assert len({one.id for one in listed.values()}) == 4


def test_a_run_may_be_the_root_itself(root: Path) -> None:
    assert list(found(root / "a")) == ["a"]


def test_folders_that_were_to_become_runs_are_named_and_hidden_ones_passed_over(root: Path) -> None:
    for name in ("half", ".a.123"):
        (root / name).mkdir()
        (root / name / "events.jsonl").touch()
    assert found(root)["half"].problem == "it has no recipe.json"
    assert ".a.123" not in found(root)


def test_links_to_folders_are_not_followed_whether_they_lead_out_or_round(root: Path) -> None:
    (root / "out").symlink_to(root.parent / "outside")
    (root / "round").symlink_to(root)
    (root / "twice").symlink_to(root / "a")
    assert list(found(root)) == ["a", "study", "study/runs/c", "sub/b"]


@pytest.mark.parametrize("name", ["recipe.json", "events.jsonl", "samples/step-00000001.png", "eval/fd.json"])
def test_a_run_with_a_link_that_leads_out_is_not_to_be_read(root: Path, name: str) -> None:
    (root.parent / "secret").write_text("{}")
    (root / "a" / name).parent.mkdir(exist_ok=True)
    (root / "a" / name).unlink(missing_ok=True)
    (root / "a" / name).symlink_to(root.parent / "secret")
    assert found(root)["a"].problem == f"{name} is a link that leads out of the folder that is shown"
    (root / "a" / name).unlink()
    (root / "a" / name).symlink_to(os.path.relpath(root / "sub/b/recipe.json", (root / "a" / name).parent))
    assert found(root)["a"].problem == "", "within the root a link is as good as a file"


def test_a_folder_of_a_run_that_is_a_link_is_not_to_be_read(root: Path) -> None:
    (root / "a/samples").symlink_to(root.parent / "outside")
    assert "leads out" in found(root)["a"].problem
    (root / "a/samples").unlink()
    (root / "a/samples").symlink_to(root / "sub")
    assert found(root)["a"].problem == "samples is a link to a folder"


def test_pipes_dead_links_and_endless_files_are_not_to_be_read(root: Path) -> None:
    os.mkfifo(root / "a/events.jsonl")
    assert found(root)["a"].problem == "events.jsonl is no ordinary file"
    (root / "a/events.jsonl").unlink()
    (root / "a/meta.json").symlink_to(root / "nothing")
    assert found(root)["a"].problem == "meta.json is a link to nothing"
    (root / "a/meta.json").unlink()
    with (root / "a/meta.json").open("wb") as file:
        file.truncate(5 * 2**20)
    assert found(root)["a"].problem == "meta.json has more than 4 MiB"
    assert problem_of(root / "gone", root) == ""


def test_names_that_are_no_text_are_found_and_can_be_shown(root: Path) -> None:
    strange = os.fsencode(root) + b"/\xff\x1b[31m\n"
    os.mkdir(strange)
    with open(strange + b"/recipe.json", "w") as file:
        file.write("{}")
    label = next(label for label in found(root) if "[31m" in label)
    assert "\x1b" not in label
    label.encode()
