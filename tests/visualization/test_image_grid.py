from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from ganbench.data.base import DataInfo
from ganbench.visualization.image_grid import add_headings, encode_png, image_grid, sample_picture

COLOURS = torch.tensor([[250, 10, 10], [10, 240, 10], [10, 10, 230], [200, 200, 0], [0, 190, 190]])


def plain_images(n: int, channels: int = 3, height: int = 4, width: int = 6) -> Tensor:
    """Return images of one colour each, with a black pixel in the top left corner."""
    pictures = COLOURS[torch.arange(n) % 5, :channels, None, None].expand(n, channels, height, width).clone()
    pictures[:, :, 0, 0] = 0
    return pictures.to(torch.uint8)


def info(kind: str, shape: tuple[int, ...], low: float = -1.0, high: float = 1.0) -> DataInfo:
    return DataInfo(name="x", kind=kind, shape=shape, size=9, fingerprint="", low=low, high=high)  # type: ignore[arg-type]


def decode(png: bytes) -> np.ndarray:
    assert png.startswith(b"\x89PNG")
    return np.asarray(Image.open(io.BytesIO(png)))


# Images


@pytest.mark.parametrize("channels", [1, 3])
def test_images_are_tiled_row_by_row(channels: int) -> None:
    pictures = plain_images(5, channels)
    sheet = np.asarray(image_grid(pictures, columns=3, gap=2, min_width=1))
    sheet = sheet[:, :, None] if channels == 1 else sheet
    assert sheet.shape == (2 * (4 + 2) + 2, 3 * (6 + 2) + 2, channels)
    covered = np.zeros(sheet.shape[:2], bool)
    for i, picture in enumerate(pictures.permute(0, 2, 3, 1).numpy()):
        top, left = 2 + (i // 3) * 6, 2 + (i % 3) * 8
        assert (sheet[top : top + 4, left : left + 6] == picture).all()
        covered[top : top + 4, left : left + 6] = True
    assert (sheet[~covered] == 255).all()


@pytest.mark.parametrize(("n", "columns"), [(1, 1), (4, 2), (5, 3), (9, 3), (10, 4), (64, 8)])
def test_the_grid_is_about_square(n: int, columns: int) -> None:
    image = image_grid(plain_images(n, height=4, width=4), gap=1, min_width=1)
    rows = -(-n // columns)
    assert image.size == (columns * 5 + 1, rows * 5 + 1)


def test_a_small_grid_is_enlarged_by_an_integer_factor() -> None:
    small = np.asarray(image_grid(plain_images(4), min_width=1))
    large = np.asarray(image_grid(plain_images(4), min_width=150))
    assert small.shape[1] == 15
    assert (large == small.repeat(10, 0).repeat(10, 1)).all()


def test_a_large_grid_keeps_its_size() -> None:
    assert image_grid(plain_images(4, height=300, width=300)).size == (603, 603)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_picture_of_images_is_the_grid_and_reproducible(channels: int) -> None:
    pictures = plain_images(6, channels)
    png = sample_picture(info("image", (channels, 4, 6)), pictures, None, "step 3")
    assert (decode(png) == np.asarray(image_grid(pictures))).all()
    assert decode(png).ndim == (2 if channels == 1 else 3)
    assert png == sample_picture(info("image", (channels, 4, 6)), pictures.clone(), None, "step 3")
    pictures[5, 0, 2, 2] += 1
    assert png != sample_picture(info("image", (channels, 4, 6)), pictures, None, "step 3")


def test_pngs_have_the_same_pixels_whether_optimized_or_not() -> None:
    image = Image.fromarray(np.arange(64 * 64, dtype=np.uint8).reshape(64, 64))
    small, quick = (encode_png(image, optimize=optimize) for optimize in (True, False))
    assert len(small) < len(quick)
    for png in (small, quick):
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(png))), np.asarray(image))


def test_the_memory_layout_does_not_change_the_bytes() -> None:
    pictures = plain_images(6)
    last = pictures.contiguous(memory_format=torch.channels_last)
    assert sample_picture(info("image", (3, 4, 6)), pictures) == sample_picture(
        info("image", (3, 4, 6)), last
    )


# Points


def blue(picture: np.ndarray) -> np.ndarray:
    """Return the (row, column) of each pixel with the colour of generated points."""
    rgb = picture[:, :, :3].astype(int)
    return np.argwhere((rgb[:, :, 2] - rgb[:, :, 0] > 60) & (rgb[:, :, 2] - rgb[:, :, 1] > 30))


def green(picture: np.ndarray) -> np.ndarray:
    rgb = picture[:, :, :3].astype(int)
    return np.argwhere((rgb[:, :, 1] - rgb[:, :, 0] > 40) & (rgb[:, :, 1] - rgb[:, :, 2] > 40))


def below_legend(pixels: np.ndarray) -> np.ndarray:
    return pixels[pixels[:, 0] > 150]


def test_points_are_drawn_at_their_positions() -> None:
    generator = torch.Generator().manual_seed(0)
    cloud = torch.randn(300, 2, generator=generator)
    left, right = cloud + torch.tensor([-10.0, -8.0]), cloud + torch.tensor([10.0, -8.0])
    plane = info("points", (2,), low=-15.0, high=15.0)
    picture = decode(sample_picture(plane, left, right, "step 3"))
    assert picture.shape[:2] == (400, 400)
    ours, real = below_legend(blue(picture)), below_legend(green(picture))
    assert len(ours) > 50
    assert len(real) > 50
    assert ours[:, 1].max() < real[:, 1].min()
    assert abs(ours[:, 0].mean() - real[:, 0].mean()) < 15
    alone = decode(sample_picture(plane, left, None))
    assert len(below_legend(green(alone))) == 0
    assert len(below_legend(blue(alone))) > 50


def test_the_axes_show_the_range_of_the_data_set() -> None:
    plane = info("points", (2,), low=-15.0, high=15.0)
    near, far = torch.full((50, 2), -1.0), torch.full((50, 2), -11.0)
    there = [below_legend(blue(decode(sample_picture(plane, points)))).mean(0) for points in (near, far)]
    assert there[1][0] - there[0][0] > 60  # lower down
    assert there[0][1] - there[1][1] > 60  # further left


def test_scalars_are_drawn_as_a_histogram() -> None:
    line = info("points", (1,), low=-3.0, high=3.0)
    left, right = torch.linspace(-2.5, -1.5, 200)[:, None], torch.linspace(1.5, 2.5, 200)[:, None]
    picture = decode(sample_picture(line, left, right))
    ours, real = below_legend(blue(picture)), below_legend(green(picture))
    assert len(ours) > 200
    assert len(real) > 200
    assert ours[:, 1].max() < real[:, 1].min()


@pytest.mark.parametrize("dims", [1, 2])
def test_the_same_points_give_the_same_bytes(dims: int) -> None:
    points = torch.linspace(-1, 1, 40).reshape(-1, dims)
    plane = info("points", (dims,))
    png = sample_picture(plane, points, points * 0.5, "step 3")
    assert png == sample_picture(plane, points.clone(), points * 0.5, "step 3")
    assert png != sample_picture(plane, points * 0.9, points * 0.5, "step 3")
    assert png != sample_picture(plane, points, points * 0.5, "step 4")


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_headings_stand_above_their_share_of_the_width(mode: str) -> None:
    grid = Image.new(mode, (200, 50), 128 if mode == "L" else "grey")
    result = add_headings(grid, ["cat", "a very long name that does not fit"])
    strip = np.asarray(result.convert("L"))[: result.height - 50]
    assert np.array_equal(np.asarray(result)[result.height - 50 :], np.asarray(grid))
    dark = np.flatnonzero((strip < 128).any(0))
    assert 40 < dark[dark < 100].mean() < 60, "centred"
    assert dark[dark >= 100].max() - dark[dark >= 100].min() > 60
    assert not (strip < 128)[:, 99:101].any(), "names do not touch"


@pytest.mark.parametrize("names", [[], ["x"] * 20])
def test_without_room_for_names_there_is_no_strip(names: list[str]) -> None:
    grid = Image.new("RGB", (200, 50))
    assert add_headings(grid, names) is grid
