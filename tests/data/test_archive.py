from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.data.conftest import encoded, noise

from ganbench.data import archive as module
from ganbench.data.archive import archive, cifar10_jpeg, imagenette64
from ganbench.data.images import ImageDataset
from ganbench.data.io.archive_file import write_archive
from ganbench.errors import UserError


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.npz"
    write_archive(path, [encoded(noise(k)) for k in range(4)], [1, 0, 1, 1], ["a", "b"])
    return path


def all_indices(images: ImageDataset) -> torch.Tensor:
    return torch.arange(len(images))


def test_pixels_labels_and_classes_match_the_file(own: Path) -> None:
    images = archive(str(own))
    expected = np.stack([noise(k) for k in range(4)]).transpose(0, 3, 1, 2)
    assert np.array_equal(images.items(all_indices(images)).numpy(), expected)
    assert images.info.name == "archive:own.npz"
    assert images.info.classes == ("a", "b")
    labels = images.labels(all_indices(images))
    assert labels is not None
    assert labels.tolist() == [1, 0, 1, 1]


def test_the_second_load_decodes_nothing(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = archive(str(own)).info
    monkeypatch.setattr(module, "decode_image", None)
    assert archive(str(own)).info == first
    with pytest.raises(TypeError):
        archive(str(own), size=4)  # another size is not cached


def test_changed_content_is_detected(own: Path) -> None:
    before = archive(str(own)).info.fingerprint
    write_archive(own, [encoded(noise(k + 9)) for k in range(4)], [1, 0, 1, 1], ["a", "b"])
    assert archive(str(own)).info.fingerprint != before


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "other arrays"])
def test_a_damaged_cache_file_is_replaced(own: Path, cache: Path, damage: str) -> None:
    before = archive(str(own)).info
    (copy,) = (cache / "decoded").iterdir()
    intact = copy.read_bytes()
    if damage == "other arrays":
        np.savez(copy, pixels=np.zeros((3, 3, 8, 8), np.uint8))
    else:
        middle = len(intact) // 2
        flipped = intact[:middle] + bytes([intact[middle] ^ 1]) + intact[middle + 1 :]
        copy.write_bytes({"flip": flipped, "cut": intact[:middle], "empty": b""}[damage])
    assert archive(str(own)).info == before
    assert copy.read_bytes() == intact


def test_an_unwritable_cache_only_warns(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = archive(str(own)).info
    monkeypatch.setenv("GANBENCH_CACHE", str(own / "below a file"))
    with pytest.warns(UserWarning, match="GANBENCH_CACHE") as warned:
        assert archive(str(own)).info == expected
    assert len(warned) == 1


def test_images_of_different_sizes_need_a_size(tmp_path: Path) -> None:
    path = tmp_path / "mixed.npz"
    write_archive(path, [encoded(noise(0)), encoded(noise(1, 6, 9))])
    with pytest.raises(UserError, match=r"image 1 of .*mixed.npz is 9x6, but image 0 is 8x8.*size="):
        archive(str(path))
    assert archive(str(path), size=(4, 5)).info.shape == (3, 4, 5)


def test_grey_stays_grey_unless_there_is_colour(tmp_path: Path) -> None:
    grey, colour = encoded(noise(0, channels=1)), encoded(noise(1))
    write_archive(tmp_path / "grey.npz", [grey, grey])
    write_archive(tmp_path / "both.npz", [grey, colour])
    assert archive(str(tmp_path / "grey.npz")).info.shape == (1, 8, 8)
    both = archive(str(tmp_path / "both.npz"))
    assert both.info.shape == (3, 8, 8)
    assert np.array_equal(both.pixels[0].numpy(), np.stack([noise(0, channels=1)] * 3))


def test_a_broken_image_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.npz"
    write_archive(path, [encoded(noise(0)), encoded(noise(1))[:60]])
    with pytest.raises(UserError, match=r"image 1 of .* is broken"):
        archive(str(path))
    write_archive(path, [encoded(noise(0), "BMP")])
    with pytest.raises(UserError, match=r"image 0 of .* is broken"):
        archive(str(path))


def test_missing_files_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    with pytest.raises(UserError, match=r"cifar10-jpeg/test\.npz in a folder, and set GANBENCH_DATA"):
        cifar10_jpeg("test")
    monkeypatch.setenv("GANBENCH_DATA", str(tmp_path))
    with pytest.raises(UserError, match=rf"imagenette64/val\.npz .*{tmp_path}"):
        imagenette64("test")
    monkeypatch.setenv("GANBENCH_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(UserError, match="not a folder"):
        imagenette64()
    with pytest.raises(UserError, match="no split"):
        cifar10_jpeg("val")  # type: ignore[arg-type]


@pytest.mark.parametrize("place", ["data", "cache"])
def test_named_sets_are_found_in_both_places(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path, place: str
) -> None:
    if place == "data":
        monkeypatch.setenv("GANBENCH_DATA", str(tmp_path))
    folder = (tmp_path if place == "data" else cache) / "cifar10-jpeg"
    folder.mkdir()
    own.rename(folder / "train.npz")
    assert cifar10_jpeg().info.size == 4


@pytest.mark.parametrize(
    ("split", "pixels", "labels"),
    [
        (
            "test",
            "b7018a062865e9348a704e72416eb53c816b43cc8ac42ab43276a2b967508ab6",
            "cec8a24a1e92aa2ecaa0bbd3dbfa86bf6cd8759fbd209a832824c8cf0afca9d5",
        ),
    ],
)
def test_real_cifar10_jpeg_is_exact(real_data: Path, split: str, pixels: str, labels: str) -> None:
    if not (real_data / "cifar10-jpeg" / f"{split}.npz").is_file():
        pytest.skip("cifar10-jpeg is not in GANBENCH_DATA")
    images = cifar10_jpeg(split)  # type: ignore[arg-type]
    channels_last = images.pixels.permute(0, 2, 3, 1).contiguous().numpy()
    numbers = images.labels(all_indices(images))
    assert numbers is not None
    assert hashlib.sha256(channels_last.tobytes()).hexdigest() == pixels
    assert hashlib.sha256(numbers.to(torch.uint8).numpy().tobytes()).hexdigest() == labels


def test_real_imagenette64_has_its_classes(real_data: Path) -> None:
    if not (real_data / "imagenette64" / "val.npz").is_file():
        pytest.skip("imagenette64 is not in GANBENCH_DATA")
    images = imagenette64("test")
    assert images.info.shape == (3, 64, 64)
    assert images.info.size == 3925
    assert images.info.classes[0] == "tench"
