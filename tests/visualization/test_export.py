"""Writing samples to files: completely or not at all, and never over existing files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from ganbench.data.base import DataInfo
from ganbench.data.io.npz import read_npz
from ganbench.errors import UserError
from ganbench.inference.model import Model
from ganbench.visualization.export import check_destination, write_samples
from ganbench.visualization.sample_files import class_folder_name


class Noise:
    """An algorithm whose samples are its latents, and the latent distribution itself."""

    conditional = False

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape, self.size = shape, int(np.prod(shape))

    def draw(self, draws: Any, rows: int) -> Tensor:
        return draws.uniform(rows, self.size, low=-1.0)

    def sample(self, networks: torch.nn.ModuleDict, latent: Tensor, condition: None) -> Tensor:
        return latent.reshape(-1, *self.shape)


def model(*shape: int) -> Model:
    kind = "image" if len(shape) == 3 else "points"
    info = DataInfo(name="x", kind=kind, shape=shape, size=1, fingerprint="")  # type: ignore[arg-type]
    networks = torch.nn.ModuleDict({"G": torch.nn.Linear(1, 1)})
    return Model(Noise(shape), networks, Noise(shape), info, 0)  # type: ignore[arg-type]


@pytest.mark.parametrize("channels", [1, 3])
def test_a_folder_holds_each_image_exactly(tmp_path: Path, channels: int) -> None:
    source = model(channels, 8, 6)
    write_samples(source, tmp_path / "new" / "deep", 5, seed=3)
    expected = source.sample(5, seed=3).permute(0, 2, 3, 1).numpy()
    for i in range(5):
        pixels = np.asarray(Image.open(tmp_path / "new" / "deep" / f"{i:06d}.png"))
        assert np.array_equal(pixels.reshape(8, 6, channels), expected[i])
    assert len(list((tmp_path / "new" / "deep").iterdir())) == 5
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["deep"]


def test_npz_and_grid(tmp_path: Path) -> None:
    source = model(3, 8, 8)
    write_samples(source, tmp_path / "a.npz", 5, seed=3)
    with np.load(tmp_path / "a.npz") as file:
        assert np.array_equal(file["samples"], source.sample(5, seed=3).numpy())
    write_samples(source, tmp_path / "a.png", 9, seed=3)
    assert Image.open(tmp_path / "a.png").mode == "RGB"


def test_points_cannot_be_written_as_images(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="points, not images"):
        write_samples(model(2), tmp_path / "new", 5, seed=0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["there.png", "there", "none/new.png", "new.gif"])
def test_invalid_destinations(tmp_path: Path, name: str) -> None:
    (tmp_path / "there.png").touch()
    (tmp_path / "there").mkdir()
    with pytest.raises(UserError):
        check_destination(tmp_path / name)


@pytest.mark.parametrize(
    "name", ["new.png", "new.npz", "new", "none/new", "v1.2", "a: b", "of.noise", "a" * 251 + ".png"]
)
def test_valid_destinations(tmp_path: Path, name: str) -> None:
    check_destination(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_names_of_class_folders_are_short_and_different() -> None:
    names = [
        class_folder_name(i, name)
        for i, name in enumerate(("cat", "cat/", "写" * 300, "写" * 301, "🎈" * 99))
    ]
    assert names[:2] == ["000-cat", "001-cat_"]
    assert all(len(name.encode()) <= 255 for name in names)
    assert len(set(names)) == 5


def test_a_full_disk_leaves_no_partial_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save, saved = Image.Image.save, []

    def fill(image: Image.Image, path: Path) -> None:
        if len(saved) == 3:
            raise OSError(28, "No space left on device")
        saved.append(path)
        save(image, path)

    monkeypatch.setattr(Image.Image, "save", fill)
    with pytest.raises(OSError, match="No space"):
        write_samples(model(3, 8, 8), tmp_path / "new", 5, seed=0)
    assert len(saved) == 3
    assert list(tmp_path.iterdir()) == []


def test_only_one_batch_of_samples_is_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, sizes = model(3, 8, 8), []
    expected = source.sample(600, seed=3).numpy()
    decode = Model.decode

    def count(self: Model, latents: Tensor, *labels: Any, **named: Any) -> Tensor:
        sizes.append(len(latents))
        return decode(self, latents, *labels, **named)

    monkeypatch.setattr(Model, "decode", count)
    write_samples(source, tmp_path / "a.npz", 600, seed=3)
    write_samples(source, tmp_path / "a", 600, seed=3)
    assert sizes == [256, 256, 88] * 2
    assert np.array_equal(read_npz(tmp_path / "a.npz", sealed=True)["samples"], expected)
    pictures = sorted((tmp_path / "a").iterdir())
    assert len(pictures) == 600
    assert np.array_equal(np.asarray(Image.open(pictures[555])), expected[555].transpose(1, 2, 0))


@pytest.mark.parametrize("name", ["a.npz", "a"])
def test_a_failure_in_a_later_batch_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    decode, calls = Model.decode, []

    def fail(self: Model, latents: Tensor, *labels: Any, **named: Any) -> Tensor:
        calls.append(len(latents))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return decode(self, latents, *labels, **named)

    monkeypatch.setattr(Model, "decode", fail)
    with pytest.raises(KeyboardInterrupt):
        write_samples(model(3, 8, 8), tmp_path / name, 600, seed=3)
    assert list(tmp_path.iterdir()) == []
