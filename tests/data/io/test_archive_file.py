from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganbench.data.io.archive_file import read_archive, write_archive
from ganbench.errors import UserError

IMAGES = st.lists(st.binary(min_size=1, max_size=30), min_size=1, max_size=8)
NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=6)


@given(IMAGES, st.data())
def test_round_trip(images: list[bytes], data: st.DataObject) -> None:
    classes = data.draw(st.lists(NAMES, unique=True, max_size=4))
    labels = [data.draw(st.integers(0, len(classes) - 1)) for _ in images] if classes else None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.npz")
        written = write_archive(path, iter(images), labels, classes)
        read = read_archive(path)
        assert sorted(Path(folder).iterdir()) == [path]
    for archive in (written, read):
        assert [archive.image_bytes(k) for k in range(len(archive))] == images
        assert archive.classes == tuple(classes)
        assert (None if archive.labels is None else archive.labels.tolist()) == labels


def test_the_same_images_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.npz", "b.npz"):
        write_archive(tmp_path / name, [b"one", b"two"], [1, 0], ["x", "y"])
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_classes_without_names_are_named_by_number(tmp_path: Path) -> None:
    assert write_archive(tmp_path / "a.npz", [b"1", b"2"], [1, 0]).classes == ("0", "1")


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        ([i % 10 + 1 for i in range(20)], [str(i) for i in range(1, 11)]),
        ([5, 900, 5], ["5", "900"]),
        ([7, 7], ["7"]),
        ([0, 2, 0], ["0", "2"]),
        ([10, 9, 100], ["9", "10", "100"]),
    ],
)
def test_only_numbers_that_occur_are_classes(tmp_path: Path, labels: list[int], classes: list[str]) -> None:
    images = [bytes([i]) for i in range(len(labels))]
    archive = write_archive(tmp_path / "a.npz", images, labels)
    assert list(archive.classes) == classes
    assert archive.labels is not None
    assert [archive.classes[k] for k in archive.labels] == list(map(str, labels))
    read = read_archive(tmp_path / "a.npz")
    assert (read.classes, read.labels.tolist()) == (archive.classes, archive.labels.tolist())  # type: ignore[union-attr]


def arrays(**changes: Any) -> dict[str, Any]:
    valid = {
        "jpeg": np.arange(10, dtype=np.uint8),
        "offsets": np.array([0, 4, 10]),
        "labels": np.array([0, 1], np.uint8),
        "classes": np.array(["a", "b"]),
    }
    return {name: value for name, value in {**valid, **changes}.items() if value is not None}


def test_a_valid_archive_is_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **arrays())
    assert read_archive(tmp_path / "a.npz").image_bytes(1) == bytes(range(4, 10))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"jpeg": None}, "'jpeg' is missing"),
        ({"offsets": None}, "'offsets' is missing"),
        ({"jpeg": np.zeros((2, 5), np.uint8)}, "'jpeg' must be"),
        ({"jpeg": np.zeros(10)}, "'jpeg' must be"),
        ({"offsets": np.array([0.0, 4.0, 10.0])}, "'offsets' must be"),
        ({"offsets": np.array([0])}, "no image"),
        ({"offsets": np.array([0, 4, 11])}, "from 0 to the length"),
        ({"offsets": np.array([1, 4, 10])}, "from 0 to the length"),
        ({"offsets": np.array([0, 12, 10])}, "must increase"),
        ({"offsets": np.array([0, 10, 10])}, "must increase"),
        ({"offsets": np.array([0, 2**64 - 1, 10], np.uint64)}, "must increase"),
        ({"labels": None}, "needs 'labels'"),
        ({"labels": np.array([0])}, "'labels' must be"),
        ({"labels": np.array([0.0, 1.0])}, "'labels' must be"),
        ({"labels": np.array([0, -1])}, "negative"),
        ({"labels": np.array([0, 2])}, "label 2 is beyond the 2"),
        ({"labels": np.array([0, 2**40]), "classes": None}, "too high"),
        ({"classes": np.array([1, 2])}, "'classes' must be str"),
        ({"classes": np.array(["a", "a"])}, "unique"),
        ({"classes": np.array(["a", None], object)}, "archive of images"),
    ],
)
def test_inconsistent_arrays_are_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    np.savez(tmp_path / "a.npz", **arrays(**changes))
    with pytest.raises(UserError, match=message):
        read_archive(tmp_path / "a.npz")


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_archive(path, [b"picture" * 100, b"another" * 100], [0, 1], ["a", "b"])
    intact = path.read_bytes()
    for damaged in (b"", b"nothing", intact[:700], intact.replace(b"picturepic", b"picturapic", 1)):
        path.write_bytes(damaged)
        with pytest.raises(UserError, match=r"a\.npz is not an archive of images, or is damaged"):
            read_archive(path)
    np.save(tmp_path / "b.npy", np.zeros(3))
    with pytest.raises(UserError, match=r"not an \.npz file"):
        read_archive(tmp_path / "b.npy")
    with pytest.raises(UserError, match="there is no archive"):
        read_archive(tmp_path / "c.npz")


def test_a_failed_write_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_archive(path, [b"old"])
    with pytest.raises(UserError, match="beyond"):
        write_archive(path, [b"new"], [3], ["a"])
    assert read_archive(path).image_bytes(0) == b"old"
    with pytest.raises(UserError, match="cannot write"):
        write_archive(tmp_path / "missing" / "a.npz", [b"new"])
    assert list(tmp_path.iterdir()) == [path]
