from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from tests.data.conftest import encoded, noise

from ganbench.data.io.decode import BrokenImageError, crop_and_resize, decode_image, to_channels_first


def encode_image(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def decode_pixels(data: bytes) -> np.ndarray:
    return np.asarray(decode_image(data).image)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "PPM", "WEBP"])
def test_colour_is_exact(kind: str) -> None:
    data = encode_image(Image.fromarray(noise(0)), kind, **({"lossless": True} if kind == "WEBP" else {}))
    assert np.array_equal(decode_pixels(data), noise(0))
    assert decode_image(data).format == kind


def test_grey_and_bilevel_images_are_grey() -> None:
    assert np.array_equal(decode_pixels(encoded(noise(0, channels=1))), noise(0, channels=1))
    bits = Image.fromarray(noise(0, channels=1) > 127)
    assert bits.mode == "1"
    assert np.array_equal(decode_pixels(encode_image(bits)), (noise(0, channels=1) > 127) * 255)


def test_transparency_becomes_white() -> None:
    pixels = np.zeros((1, 3, 4), np.uint8)
    pixels[0, :, 0] = 200
    pixels[0, :, 3] = (0, 255, 128)
    pixels_read = decode_pixels(encode_image(Image.fromarray(pixels)))
    assert pixels_read[0, 0].tolist() == [255, 255, 255]
    assert pixels_read[0, 1].tolist() == [200, 0, 0]
    assert pixels_read[0, 2].tolist() == pytest.approx([227, 127, 127], abs=1)
    grey = decode_pixels(encode_image(Image.fromarray(pixels).convert("LA")))
    assert grey.shape == (1, 3)
    assert grey[0, 0] == 255


def test_palettes_with_transparency() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putpixel((1, 0), 1)
    assert decode_pixels(encode_image(image)).tolist() == [[[255, 0, 0], [0, 0, 255]]]
    assert decode_pixels(encode_image(image, transparency=1)).tolist() == [[[255, 0, 0], [255, 255, 255]]]


def test_16_bits_are_scaled_not_clipped() -> None:
    deep = np.array([[0, 257, 128 * 257, 65535, 300]], np.uint16)
    for kind in ("PNG", "PPM"):
        assert decode_pixels(encode_image(Image.fromarray(deep), kind)).tolist() == [[0, 1, 128, 255, 1]]


@pytest.mark.parametrize(
    ("level", "expected"), [(0, [255, 128, 255]), (32896, [0, 255, 255]), (7, [0, 128, 255])]
)
def test_a_transparent_grey_level_of_16_bits_becomes_white(level: int, expected: list[int]) -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.array([[0, 32896, 65535]], np.uint16)).save(buffer, "PNG", transparency=level)
    assert decode_pixels(buffer.getvalue()).tolist() == [expected]


def deep_png(pixels: NDArray[np.uint16], transparent: tuple[int, int, int] | None = None) -> bytes:
    """Return ``[H, W, C]`` as a PNG of 16 bits per number; Pillow cannot write one with colours or an opacity."""
    height, width, channels = pixels.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 16, {2: 4, 3: 2, 4: 6}[channels], 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    if transparent is not None:
        chunks.insert(1, (b"tRNS", struct.pack(">3H", *transparent)))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


LEVELS = np.array([0, 100, 128, 129, 255, 256, 257, 300, 32896, 65535], np.uint16)
ROUNDED = [0, 0, 0, 1, 1, 1, 1, 1, 128, 255]


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_16_bit_colours_round_like_16_bit_greys(channels: int) -> None:
    pixels = np.repeat(LEVELS[None, :, None], channels, 2)
    if channels != 3:
        pixels[..., -1] = 65535  # opaque
    for data in (deep_png(pixels), encode_image(Image.fromarray(LEVELS[None]))):
        decoded = decode_pixels(data)
        decoded = decoded if decoded.ndim == 3 else decoded[..., None]
        assert all(decoded[0, :, c].tolist() == ROUNDED for c in range(decoded.shape[2]))


def test_16_bit_opacity_and_transparent_colour() -> None:
    half = np.repeat(LEVELS[None, :, None], 4, 2)
    half[..., 3] = 32768
    expected = (LEVELS / 257 * 32768 / 65535 + 255 * (1 - 32768 / 65535) + 0.5).astype(int)
    assert decode_pixels(deep_png(half))[0, :, 1].tolist() == expected.tolist()
    opaque = np.repeat(LEVELS[None, :, None], 3, 2)
    white = decode_pixels(deep_png(opaque, transparent=(300, 300, 300)))[0, :, 2].tolist()
    assert white == [*ROUNDED[:7], 255, *ROUNDED[8:]]
    unlike = decode_pixels(deep_png(opaque, transparent=(300, 300, 301)))[0, :, 2].tolist()
    assert unlike == ROUNDED


def test_cmyk_becomes_rgb() -> None:
    data = encode_image(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", quality=100)
    decoded = decode_image(data)
    assert decoded.mode == "CMYK"
    assert np.abs(np.asarray(decoded.image)[4, 4].astype(int) - [255, 0, 0]).max() < 6


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation: int) -> None:
    upright = Image.fromarray(noise(1, 3, 5))
    undo = {
        1: [],
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_90],
        6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_270],
        8: [Image.Transpose.ROTATE_270],
    }[orientation]
    stored = upright
    for step in undo:
        stored = stored.transpose(step)
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert np.array_equal(decode_pixels(encode_image(stored, exif=exif)), np.asarray(upright))


def test_animations_give_their_first_frame() -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    data = encode_image(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert decode_pixels(data)[0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize(
    "data", [b"", b"not an image at all", encoded(noise(0))[:50], encoded(noise(0), "TIFF")]
)
def test_broken_and_unsupported_files_are_refused(data: bytes) -> None:
    with pytest.raises(BrokenImageError, match=r"\w"):
        decode_image(data)


def test_too_many_pixels_are_refused_before_decoding() -> None:
    with pytest.raises(BrokenImageError, match="10x10 is above"):
        decode_image(encoded(noise(0, 10, 10)), max_pixels=99)


def test_a_decompression_bomb_is_refused() -> None:
    bomb = bytearray(encode_image(Image.new("1", (8, 8))))
    import struct
    import zlib

    bomb[16:24] = struct.pack(">II", 60_000, 60_000)
    bomb[29:33] = struct.pack(">I", zlib.crc32(bomb[12:29]))
    with pytest.raises(BrokenImageError, match=r"decompression bomb|megapixels"):
        decode_image(bytes(bomb))


@given(st.sampled_from(["PNG", "JPEG", "WEBP", "BMP", "GIF", "PPM"]), st.data())
def test_damage_raises_no_other_error(kind: str, data: st.DataObject) -> None:
    stream = bytearray(encoded(noise(0), kind))
    for _ in range(data.draw(st.integers(1, 6))):
        stream[data.draw(st.integers(0, len(stream) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(stream)))
    try:
        mode = decode_image(bytes(stream[:cut])).image.mode
    except BrokenImageError:
        return
    assert mode in ("L", "RGB")


def test_the_centre_is_cropped() -> None:
    pixels = np.zeros((4, 12, 3), np.uint8)
    pixels[:, 4:8] = 255
    assert (np.asarray(crop_and_resize(Image.fromarray(pixels), (4, 4))) == 255).all()
    assert (np.asarray(crop_and_resize(Image.fromarray(pixels.transpose(1, 0, 2)), (2, 2))) > 240).all()


def test_the_right_size_is_unchanged_and_resizing_does_not_alias() -> None:
    image = Image.fromarray(noise(3, 8, 6))
    assert np.array_equal(np.asarray(crop_and_resize(image, (8, 6))), noise(3, 8, 6))
    assert crop_and_resize(image, None) is image
    stripes = np.tile(np.array([0, 255], np.uint8), (64, 32))
    assert (
        np.abs(np.asarray(crop_and_resize(Image.fromarray(stripes), (16, 16))).astype(int) - 127).max() <= 12
    )


def test_channels_first() -> None:
    assert to_channels_first(Image.new("L", (5, 3))).shape == (1, 3, 5)
    assert to_channels_first(Image.new("RGB", (5, 3))).shape == (3, 3, 5)


def test_pillows_syntax_error_is_a_broken_image() -> None:
    stream = bytearray(encoded(noise(0)))
    stream[stream.index(b"IDAT") - 1] = 40  # a wrong length: the next chunk's name is read from the pixels
    with pytest.raises(BrokenImageError, match="broken PNG") as caught:
        decode_image(bytes(stream))
    assert isinstance(caught.value.__cause__, SyntaxError)
