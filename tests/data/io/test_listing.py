from __future__ import annotations

import os
from pathlib import Path, PurePath

import pytest

from ganbench.data.io.listing import classes_of, list_pictures, shown
from ganbench.errors import UserError


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def test_pictures_are_sorted_and_others_counted(tmp_path: Path) -> None:
    touch(
        tmp_path,
        "b/1.PNG",
        "b/0.jpeg",
        "a/z/9.webp",
        "a b/1.gif",
        "notes.txt",
        "x.tiff",
        ".hidden.png",
        ".git/1.png",
    )
    listing = list_pictures(tmp_path)
    assert [file.as_posix() for file in listing.files] == ["a/z/9.webp", "a b/1.gif", "b/0.jpeg", "b/1.PNG"]
    assert listing.others == 2


def test_linked_folders_are_followed_but_not_round_in_circles(tmp_path: Path) -> None:
    touch(tmp_path / "far", "1.png")
    touch(tmp_path / "root", "own/2.png")
    (tmp_path / "root" / "linked").symlink_to(tmp_path / "far")
    (tmp_path / "root" / "own" / "back").symlink_to(tmp_path / "root")
    found = [file.as_posix() for file in list_pictures(tmp_path / "root").files]
    assert found == ["linked/1.png", "own/2.png"]


def test_classes_are_the_first_subfolders() -> None:
    files = [PurePath("b/x/1.png"), PurePath("a/1.png"), PurePath("b/2.png")]
    assert classes_of(files) == ([1, 0, 1], ("a", "b"))
    assert classes_of([*files, PurePath("1.png")]) == (None, ())


def test_names_that_are_no_text_can_be_shown(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff.png")
    try:
        touch(tmp_path, name)
    except OSError:
        pytest.skip("this file system takes only text as names")
    assert shown(list_pictures(tmp_path).files[0]) == "\\xff.png"


def test_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no picture"):
        list_pictures(tmp_path)
