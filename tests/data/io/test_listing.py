from __future__ import annotations

import os
from pathlib import Path, PurePath

import pytest
from tests.data.conftest import forbid

from ganbench.data.io.listing import classes_from_folders, list_images, lost_classes, printable_path
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


@pytest.mark.parametrize("name", ["b", "a/x", "a/x/y", "with space", "z"])
def test_an_unreadable_subfolder_is_refused_by_name_or_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    touch(tmp_path, "a/1.png", "a/x/y/2.png", "b/3.png", "with space/4.png", "z/5.png")
    forbid(monkeypatch, tmp_path / name)
    with pytest.raises(UserError, match=rf"1 of the subfolders cannot be read \({name}: Permission denied\)"):
        list_images(tmp_path)
    with pytest.warns(UserWarning, match=rf"{name}: Permission denied\) and is skipped"):
        files = list_images(tmp_path, "skip")
    assert all(not str(path).startswith(name) for path in files.paths)
    assert list_images(tmp_path, None).unreadable == ((name, "Permission denied"),)


def test_a_class_whose_folder_may_not_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path, "a/1.png", "b/2.png", "b/x/3.png", "c/4.png")
    forbid(monkeypatch, tmp_path / "b" / "x", tmp_path / "c")
    files = list_images(tmp_path, None)
    (sentence,) = lost_classes(files, ("a", "b"))
    assert sentence == f"subfolder c in {tmp_path} cannot be read, so there is no such class"
    with pytest.warns(UserWarning, match="2 of the subfolders cannot be read .* and are skipped"):
        list_images(tmp_path, "skip")


def test_an_unreadable_folder_itself_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "a/1.png")
    forbid(monkeypatch, tmp_path)
    with pytest.raises(UserError, match="cannot be read: Permission denied"):
        list_images(tmp_path, "skip")


@pytest.mark.parametrize(
    ("link", "target", "reason"),
    [
        ("b", "a", "it is the same folder as 'a', which is read already"),
        ("0", "a", "it is the same folder as '0'"),
        ("d", "nowhere", "it is a link to nothing that can be read"),
        ("d", "d", "it is a link to nothing that can be read"),
    ],
)
def test_a_class_that_is_a_link_does_not_vanish(tmp_path: Path, link: str, target: str, reason: str) -> None:
    touch(tmp_path, "a/1.png")
    (tmp_path / link).symlink_to(tmp_path / target)
    with pytest.raises(UserError, match=reason):
        list_images(tmp_path)


def test_subfolders_that_are_no_classes_are_named(tmp_path: Path) -> None:
    touch(tmp_path, "a/1.png", "b/2.png", "c/notes.txt")
    (tmp_path / "d").mkdir()
    files = list_images(tmp_path)
    assert files.empty == ("c", "d")
    (empty,) = lost_classes(files, ("a", "b"))
    assert empty.startswith("each of the subfolders c, d in ")
    unread, _ = lost_classes(files, ("a",))
    assert unread.startswith("no image of subfolder b in ")
    touch(tmp_path, "cover.png")
    (loose,) = lost_classes(list_images(tmp_path), ())
    assert "1 of the 3 images" in loose
    assert "(cover.png), so its 2 subfolders are no classes" in loose
    (only,) = [tmp_path / "e"]
    touch(only, "1.png", "2.png")
    assert lost_classes(list_images(only), ()) == []
