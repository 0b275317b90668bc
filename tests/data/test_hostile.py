"""Unusual, damaged and malicious files are read correctly, or refused early with an error that names them."""

from __future__ import annotations

import gzip
import io
import os
import re
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageFile
from tests.data.conftest import encoded, noise

from ganbench.data.archive import archive
from ganbench.data.audit.check import check
from ganbench.data.audit.prepare import prepare
from ganbench.data.folder import folder
from ganbench.data.images import ImageDataset
from ganbench.data.io import decode
from ganbench.data.io.archive_file import read_archive, write_archive
from ganbench.data.io.idx import MAX_BYTES, read_idx
from ganbench.data.io.npz import DamagedFile, read_npz
from ganbench.errors import UserError
from ganbench.evaluation.evaluate import evaluate
from ganbench.evaluation.inputs import open_dataset

SIDE = 8


def unusual_images(root: Path) -> dict[str, np.ndarray]:
    """Write images of every kind and return their expected pixels, ``[3, 8, 8]``."""
    root.mkdir()
    colour, grey = noise(1), noise(2, channels=1)
    upright = Image.fromarray(colour)
    turned = Image.Exif()
    turned[0x0112] = 6
    clear = np.dstack([colour, np.full((SIDE, SIDE), 255, np.uint8)])
    clear[0, :, 3] = 0
    on_white = colour.copy()
    on_white[0] = 255
    few = Image.fromarray(colour).quantize(16)
    Image.fromarray(grey).save(root / "grey.png")
    Image.fromarray(grey.astype(np.uint16) * 257).save(root / "deep.png")
    Image.fromarray(clear).save(root / "clear.png")
    few.save(root / "palette.png")
    Image.new("CMYK", (SIDE, SIDE), (0, 255, 255, 0)).save(root / "print.jpg", quality=100)
    upright.transpose(Image.Transpose.ROTATE_90).save(root / "turned.png", exif=turned)
    Image.new("RGB", (1, 1), (9, 99, 199)).save(root / "point.png")
    (root / "wrongly named.jpg").write_bytes(encoded(colour))
    expected = {
        "grey.png": np.dstack([grey] * 3),
        "deep.png": np.dstack([grey] * 3),
        "clear.png": on_white,
        "palette.png": np.asarray(few.convert("RGB")),
        "print.jpg": np.full((SIDE, SIDE, 3), (254, 0, 0), np.uint8),
        "turned.png": colour,
        "point.png": np.full((SIDE, SIDE, 3), (9, 99, 199), np.uint8),
        "wrongly named.jpg": colour,
    }
    return {name: pixels.transpose(2, 0, 1) for name, pixels in expected.items()}


def broken_files(root: Path) -> dict[str, str]:
    """Write broken image files and return the expected error of each."""
    (root / "truncated.png").write_bytes(encoded(noise(3, 64, 64))[:-900])
    (root / "truncated.jpg").write_bytes(encoded(noise(3, 64, 64), "JPEG")[:600])
    (root / "empty.png").write_bytes(b"")
    (root / "bomb.png").write_bytes(bomb(30_000, 30_000))
    (root / "nowhere.png").symlink_to(root / "not there")
    os.mkfifo(root / "pipe.png")
    (root / "device.png").symlink_to("/dev/zero")
    with (root / "endless.png").open("wb") as file:
        file.truncate(2**34)  # a sparse file
    return {
        "truncated.png": "truncated",
        "truncated.jpg": "(?i)truncated",
        "empty.png": "the file is empty",
        "bomb.png": r"above 64 megapixels|decompression bomb",
        "nowhere.png": "No such file",
        "pipe.png": "not a regular file",
        "device.png": "not a regular file",
        "endless.png": "17,179,869,184 bytes, which is above 256 MiB",
    }


def bomb(width: int, height: int) -> bytes:
    """A PNG of black pixels that is a thousand times smaller than its pixels in memory."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    packed, row = zlib.compressobj(9), bytes(1 + (width + 7) // 8)
    rows = b"".join(packed.compress(row) for _ in range(height)) + packed.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def assert_pixels(images: ImageDataset, expected: dict[str, np.ndarray]) -> None:
    pixels_found = images.items(torch.arange(images.info.size)).numpy().astype(int)
    assert len(pixels_found) == len(expected)
    for name, pixels in zip(sorted(expected), pixels_found, strict=True):
        assert np.abs(pixels - expected[name]).max() <= 2, name  # JPEG rounds


def test_unusual_images_are_read_correctly_for_training_and_evaluation(tmp_path: Path) -> None:
    expected = unusual_images(tmp_path / "own")
    assert_pixels(folder(str(tmp_path / "own"), size=SIDE), expected)
    images, _ = open_dataset(str(tmp_path / "own"), (3, SIDE, SIDE))
    assert isinstance(images, ImageDataset)
    assert_pixels(images, expected)
    prepare(tmp_path / "own", tmp_path / "own.npz", size=SIDE)
    assert_pixels(archive(str(tmp_path / "own.npz")), expected)
    report = check(tmp_path / "own")
    assert report.all_readable
    assert report.modes == {"RGB": 3, "L": 1, "I;16": 1, "RGBA": 1, "P": 1, "CMYK": 1}


def test_broken_files_are_refused_by_name_or_skipped(tmp_path: Path) -> None:
    root = tmp_path / "own"
    expected = unusual_images(root)
    faults = broken_files(root)
    reasons = dict(check(root).broken)
    assert reasons.keys() == faults.keys()
    for name, fault in faults.items():
        assert re.search(fault, reasons[name]), (name, reasons[name])
    message = r"8 of the 16 images in .*own are broken \(bomb.png: "
    with pytest.raises(UserError, match=message):
        folder(str(root), size=SIDE)
    with pytest.raises(UserError, match=message):
        evaluate(str(root), against="shapes", metrics=["spectrum"])
    with pytest.raises(UserError, match=message):
        prepare(root, tmp_path / "own.npz", size=SIDE)
    with pytest.warns(UserWarning, match="8 of the 16 images"):
        assert_pixels(folder(str(root), size=SIDE, on_error="skip"), expected)


def test_a_bomb_is_refused_before_a_pixel_is_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile.ImageFile, "load", None)
    for side, fault in ((9_000, "9000x9000 is above 64 megapixels"), (20_000, "decompression bomb")):
        with pytest.raises(decode.BrokenImageError, match=fault):
            decode.decode_image(bomb(side, side))


def test_a_bomb_in_an_archive_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_archive(tmp_path / "a.npz", [bomb(9_000, 9_000), bomb(20_000, 20_000)], [0, 0], ["x"])
    monkeypatch.setattr(ImageFile.ImageFile, "load", None)
    with pytest.raises(UserError, match=r"image 0 of .*a.npz is broken: 9000x9000 is above 64"):
        archive(str(tmp_path / "a.npz"))
    reasons = [reason for _, reason in check(tmp_path / "a.npz").broken]
    assert re.search("above 64 megapixels", reasons[0])
    assert re.search("decompression bomb", reasons[1])


def test_a_bomb_of_samples_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.savez_compressed(tmp_path / "a.npz", samples=np.zeros((30_000, 3, 32, 32), np.uint8))
    monkeypatch.setattr(np.lib.format, "read_array", None)
    with pytest.raises(UserError, match=r"would unpack to 92,160,128, more than 100 times as many"):
        evaluate(str(tmp_path / "a.npz"), against="shapes", metrics=["spectrum"])


def test_unusual_images_serve_as_a_reference(tmp_path: Path) -> None:
    root = tmp_path / "own"
    expected = unusual_images(root)
    for number in range(100 - len(expected)):
        (root / f"z{number:03d}.png").write_bytes(encoded(noise(number)))
    (score,) = evaluate("shapes", against=str(root), metrics=["swd"], n=100)
    assert score.measured["reference"]["items"] == 100  # type: ignore[index, call-overload]
    broken_files(root)
    with pytest.raises(UserError, match=r"8 of the 108 images in .*own are broken \(bomb.png: "):
        evaluate("shapes", against=str(root), metrics=["swd"], n=100)


def test_an_archive_bomb_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file, file.open("jpeg.npy", "w") as entry:
        np.lib.format.write_array_header_1_0(
            entry, {"descr": "|u1", "fortran_order": False, "shape": (10**8,)}
        )
        for _ in range(100):
            entry.write(bytes(10**6))
    monkeypatch.setattr(np.lib.format, "read_array", None)
    for read in (read_archive, lambda p: archive(str(p)), check):
        with pytest.raises(
            UserError, match=r"bytes would unpack to 100,000,\d+, more than 100 times as many"
        ):
            read(path)
    with pytest.raises(UserError, match="would unpack to"):
        evaluate(str(path), against="shapes", metrics=["spectrum"])


def test_a_false_array_size_allocates_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = io.BytesIO()
    np.lib.format.write_array_header_1_0(entry, {"descr": "|u1", "fortran_order": False, "shape": (10**12,)})
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("jpeg.npy", entry.getvalue() + bytes(10))
    monkeypatch.setattr(np.lib.format, "read_array", None)
    with pytest.raises(DamagedFile, match=r"'jpeg.npy' claims to have 1,000,000,000,\d+ bytes, but has 1"):
        read_npz(path)


def test_compressed_archives_are_read(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.npz", [encoded(noise(0))], [0], ["a"])
    np.savez_compressed(tmp_path / "b.npz", **read_npz(tmp_path / "a.npz"))
    assert read_archive(tmp_path / "b.npz").image_bytes(0) == read_archive(tmp_path / "a.npz").image_bytes(0)
    np.savez_compressed(tmp_path / "flat.npz", samples=np.zeros((50, 3, 32, 32), np.uint8))
    assert open_dataset(str(tmp_path / "flat.npz"), None)[0].info.size == 50


def test_an_idx_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "train-labels-idx1-ubyte.gz"
    with gzip.open(path, "wb") as file:
        for _ in range(80):
            file.write(bytes(2**20))
    assert MAX_BYTES < 80 * 2**20
    with pytest.raises(UserError, match="unpacked it has more than 64 MiB"):
        read_idx(path, 1, "0" * 32)


def test_links_are_followed_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "far.png").write_bytes(encoded(noise(5)))
    (tmp_path / "own" / "a.png").symlink_to(tmp_path / "far.png")
    assert_pixels(folder(str(tmp_path / "own"), size=SIDE), {"a.png": noise(5).transpose(2, 0, 1)})
