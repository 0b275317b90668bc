"""Finding runs below a root: each once, and none that leads out of the root."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ganbench.dashboard.folders import FolderEntry, find_folders


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("root/a", "root/sub/b", "root/study/runs/c", "outside/d"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "recipe.json").write_text("{}")
    (tmp_path / "root/study/study.json").write_text("{}")
    return tmp_path / "root"


def entries_by_label(root: Path) -> dict[str, FolderEntry]:
    return {entry.label: entry for entry in find_folders(root)}


def test_runs_and_studies_are_labelled_by_path(root: Path) -> None:
    entries = entries_by_label(root)
    assert {label: entry.kind for label, entry in entries.items()} == {
        "a": "run", "study": "study", "study/runs/c": "run", "sub/b": "run",
    }  # fmt: skip
    assert all(entry.problem == "" for entry in entries.values())
    assert len({entry.id for entry in entries.values()}) == 4


def test_the_root_itself_can_be_a_run(root: Path) -> None:
    assert list(entries_by_label(root / "a")) == ["a"]


def test_incomplete_runs_are_listed_and_hidden_folders_skipped(root: Path) -> None:
    for name in ("half", ".a.123"):
        (root / name).mkdir()
        (root / name / "events.jsonl").touch()
    assert entries_by_label(root)["half"].problem == "it has no recipe.json"
    assert ".a.123" not in entries_by_label(root)


def test_links_to_folders_are_not_followed(root: Path) -> None:
    (root / "out").symlink_to(root.parent / "outside")
    (root / "round").symlink_to(root)
    (root / "twice").symlink_to(root / "a")
    assert list(entries_by_label(root)) == ["a", "study", "study/runs/c", "sub/b"]


def test_a_run_with_a_link_is_listed_as_unsafe(root: Path) -> None:
    (root / "a/samples").symlink_to(root.parent / "outside")
    assert entries_by_label(root)["a"].problem == "samples is a link; put what it leads to in its place"


def test_folder_names_that_are_not_text_become_printable(root: Path) -> None:
    strange = os.fsencode(root) + b"/\xff\x1b[31m\n"
    os.mkdir(strange)
    with open(strange + b"/recipe.json", "w") as file:
        file.write("{}")
    label = next(label for label in entries_by_label(root) if "[31m" in label)
    assert "\x1b" not in label
    label.encode()
