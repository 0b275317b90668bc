from __future__ import annotations

import os
from pathlib import Path, PurePath

import pytest

from ganbench.data.io.listing import classes_from_folders, list_images, printable_path
from ganbench.errors import UserError


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def test_images_are_sorted_and_others_counted(tmp_path: Path) -> None:
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
    files = list_images(tmp_path)
    assert [file.as_posix() for file in files.paths] == ["a/z/9.webp", "a b/1.gif", "b/0.jpeg", "b/1.PNG"]
    assert files.others == 2


def test_links_are_followed_without_loops(tmp_path: Path) -> None:
    touch(tmp_path / "far", "1.png")
    touch(tmp_path / "root", "own/2.png")
    (tmp_path / "root" / "linked").symlink_to(tmp_path / "far")
    (tmp_path / "root" / "own" / "back").symlink_to(tmp_path / "root")
    paths = [file.as_posix() for file in list_images(tmp_path / "root").paths]
    assert paths == ["linked/1.png", "own/2.png"]


def test_classes_are_the_first_subfolders() -> None:
    files = [PurePath("b/x/1.png"), PurePath("a/1.png"), PurePath("b/2.png")]
    assert classes_from_folders(files) == ([1, 0, 1], ("a", "b"))
    assert classes_from_folders([*files, PurePath("1.png")]) == (None, ())


def test_names_that_are_not_text_are_printable(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff.png")
    try:
        touch(tmp_path, name)
    except OSError:
        pytest.skip("this file system only allows text as names")
    assert printable_path(list_images(tmp_path).paths[0]) == "\\xff.png"


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no image"):
        list_images(tmp_path)
