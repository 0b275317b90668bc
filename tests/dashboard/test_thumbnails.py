from __future__ import annotations

import base64
import io
import os
from pathlib import Path

from PIL import Image

from ganbench.dashboard.thumbnails import SECONDS, WIDTH, Thumbnails


def save(folder: Path, step: int, colour: int) -> None:
    folder.mkdir(exist_ok=True)
    Image.new("RGB", (300, 150), (colour, 0, 0)).save(folder / f"step-{step:08d}.png")
    os.utime(folder, (step, step))


def red(url: str) -> int:
    head, _, data = url.partition(",")
    assert head == "data:image/webp;base64"
    image = Image.open(io.BytesIO(base64.b64decode(data)))
    assert image.size == (WIDTH, WIDTH // 2)
    pixel = image.convert("RGB").getpixel((5, 5))
    assert isinstance(pixel, tuple)
    return round(pixel[0] / 10) * 10


def test_the_newest_picture_is_made_once_and_anew_for_new_samples(tmp_path: Path) -> None:
    thumbnails, samples = Thumbnails(), tmp_path / "samples"
    thumbnails.start_listing()
    assert thumbnails.get(samples) == ""
    save(samples, 1, 100)
    first = thumbnails.get(samples)
    assert red(first) == 100
    save(samples, 2, 200)
    (samples / "step-00000001.png").write_bytes(b"")
    os.utime(samples, (2, 2))
    assert red(thumbnails.get(samples)) == 200
    (samples / "step-00000002.png").write_bytes(b"damaged")
    os.utime(samples, (2, 2))
    assert red(thumbnails.get(samples)) == 200, "the folder says that nothing is new"
    os.utime(samples, (3, 3))
    assert thumbnails.get(samples) == ""


def test_a_listing_that_takes_long_leaves_the_rest_to_the_next(tmp_path: Path) -> None:
    now = [0.0]
    thumbnails = Thumbnails(clock=lambda: now[0])
    for name in "ab":
        save(tmp_path / name, 1, 100)
    thumbnails.start_listing()
    assert thumbnails.get(tmp_path / "a")
    now[0] += SECONDS
    assert thumbnails.get(tmp_path / "b") == ""
    assert thumbnails.get(tmp_path / "a"), "it is there already"
    thumbnails.start_listing()
    assert thumbnails.get(tmp_path / "b")
