"""Uploads: valid images are converted to the model's format, everything else is rejected with one sentence."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tests.dashboard.hostile import payloads

from ganbench.dashboard.upload import read_upload
from ganbench.data.base import DataInfo
from ganbench.errors import UserError


def info(*shape: int) -> DataInfo:
    return DataInfo(name="x", kind="image", shape=shape, size=1, fingerprint="f")


def encoded(form: str = "PNG", size: tuple[int, int] = (40, 20), mode: str = "RGB") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size, "red" if mode == "RGB" else 7).save(buffer, form)
    return buffer.getvalue()


def huge_png(side: int) -> bytes:
    """Return a tiny file whose header claims ``side`` by ``side`` pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "BMP"])
@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 8, 16)])
def test_an_image_is_converted_to_the_model_format(form: str, shape: tuple[int, ...]) -> None:
    picture = read_upload("mine", encoded(form), info(*shape))
    assert picture.dtype == torch.uint8
    assert picture.shape == (1, *shape)
    assert picture.float().std(dim=(2, 3)).max() < 3, "one colour stays one colour"


def test_an_image_of_the_right_size_is_unchanged() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    assert torch.equal(
        read_upload("a", buffer.getvalue(), info(3, 8, 8))[0], torch.tensor(pixels).permute(2, 0, 1)
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"no picture", "the image format is not supported"),
        (b"\x00" * (8 * 2**20 + 1), "larger than 8 MB"),
        (encoded()[:60], "cannot be used"),
        (encoded("GIF", mode="P"), "the image format is not supported"),
        (encoded("TIFF"), "the image format is not supported"),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
            "the image format is not supported",
        ),
        (b"%PDF-1.7", "the image format is not supported"),
        (
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(touch x) system",
            "the image format is not supported",
        ),
    ],
)
def test_invalid_files_are_rejected(content: bytes, reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        read_upload("mine.png", content, info(3, 8, 8))


def test_pixels_are_counted_before_they_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("it was decoded"))
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda self: pytest.fail("it was decoded"))
    for side in (4001, 60_000):
        with pytest.raises(UserError, match=r"megapixels|decompression bomb"):
            read_upload("bomb.png", huge_png(side), info(3, 8, 8))


def test_hostile_file_names_only_appear_in_the_message(tmp_path: Path) -> None:
    for name in payloads(tmp_path):
        with pytest.raises(UserError) as refused:
            read_upload(name, b"no picture", info(3, 8, 8))
        str(refused.value).encode()
        assert len(str(refused.value)) < 200


def test_a_model_of_points_rejects_images() -> None:
    points = DataInfo(name="x", kind="points", shape=(2,), size=1, fingerprint="f")
    with pytest.raises(UserError, match="points"):
        read_upload("a.png", encoded(), points)
