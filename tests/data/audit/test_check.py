from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.data.conftest import encoded, forbid, noise

from ganbench.data.audit.check import check
from ganbench.data.folder import folder
from ganbench.data.io.archive_file import write_archive
from ganbench.errors import UserError


def test_a_folder_with_many_problems(two_classes: Path) -> None:
    ant = two_classes / "ant"
    (ant / "copy.png").write_bytes((ant / "0.png").read_bytes())
    (ant / "same.bmp").write_bytes(encoded(noise(10, 12, 10), "BMP"))
    (ant / "bad.jpg").write_bytes(b"nothing")
    (ant / "small.png").write_bytes(encoded(noise(77, 4, 5, channels=1)))
    (two_classes / "notes.txt").write_text("x")
    report = check(two_classes)
    assert report.pictures == 9
    assert report.others == 1
    assert report.formats == {"PNG": 8, "BMP": 1}
    assert report.modes == {"RGB": 8, "L": 1}
    assert report.sizes == {"10x12": 8, "5x4": 1}
    assert report.classes == {"ant": 6, "bee": 3}
    assert report.broken == (("ant/bad.jpg", "the image format is not supported"),)
    assert report.same_files == (("ant/0.png", "ant/copy.png"),)
    assert report.same_pictures == (("ant/0.png", "ant/copy.png", "ant/same.bmp"),)
    assert not report.all_readable


def test_the_text_and_the_dictionary_agree(two_classes: Path) -> None:
    for i in range(8):
        (two_classes / "bee" / f"bad{i}.png").write_bytes(b"")
    report = check(two_classes)
    text = str(report)
    assert "6 images, 8 broken" in text
    assert "bee/bad0.png: the file is empty" in text
    assert "and 3 more" in text
    assert "2 classes with 3 to 3 images" in text
    restored = json.loads(json.dumps(report.to_dict()))
    assert restored["pictures"] == 6
    assert len(restored["broken"]) == 8


def test_one_class_is_not_balanced_against_others(tmp_path: Path) -> None:
    (tmp_path / "ant").mkdir()
    (tmp_path / "ant" / "a.png").write_bytes(encoded(noise(0)))
    text = str(check(tmp_path))
    assert "classes: ant (1)" in text
    assert "balance:" not in text


def test_a_class_that_may_not_be_read_is_broken_and_named(
    two_classes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbid(monkeypatch, two_classes / "bee")
    report = check(two_classes)
    assert not report.all_readable
    assert "3 images, 1 broken" in str(report)
    assert "broken: bee/: Permission denied" in str(report)
    assert report.notes == (f"subfolder bee in {two_classes} cannot be read, so there is no such class",)
    with pytest.raises(UserError, match=r"1 of the subfolders cannot be read \(bee: Permission denied\)"):
        folder(str(two_classes), size=8)
    with pytest.warns(UserWarning, match="bee") as warned:
        assert folder(str(two_classes), size=8, on_error="skip").info.classes == ("ant",)
    assert [str(w.message) for w in warned][-1] == report.notes[0]
    assert "bee: Permission denied) and is skipped" in str(warned[0].message)


def test_an_archive(tmp_path: Path) -> None:
    image = encoded(noise(0))
    write_archive(tmp_path / "a.npz", [image, b"nothing", image], [0, 1, 1], ["x", "y"])
    report = check(tmp_path / "a.npz")
    assert report.pictures == 2
    assert report.classes == {"x": 1, "y": 1}
    assert [name for name, _ in report.broken] == ["image 1"]
    assert report.same_files == (("image 0", "image 2"),)


def test_a_valid_folder_without_classes(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(noise(0)))
    report = check(tmp_path)
    assert report.all_readable
    assert report.classes == {}
    assert "balance:" not in str(report)


def test_missing_images_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no folder and no archive"):
        check(tmp_path / "nowhere")
    with pytest.raises(UserError, match="no image"):
        check(tmp_path)
    (tmp_path / "a.npz").write_bytes(b"nothing")
    with pytest.raises(UserError, match="not an archive of images"):
        check(tmp_path / "a.npz")


def test_images_are_compared_in_colour(tmp_path: Path) -> None:
    grey = noise(0, channels=1)
    (tmp_path / "grey.png").write_bytes(encoded(grey))
    (tmp_path / "grey as colour.png").write_bytes(encoded(np.stack([grey] * 3, 2)))
    for name, colour in (("a", (30, 20, 10)), ("b", (30, 20, 11))):  # as grey both would be 22
        (tmp_path / f"{name}.png").write_bytes(encoded(np.full((4, 4, 3), colour, np.uint8)))
    assert check(tmp_path).same_pictures == (("grey as colour.png", "grey.png"),)
