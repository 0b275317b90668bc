"""Classes without items are refused before a model of classes is trained."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tests.data.conftest import encoded, noise
from tests.support.training import tiny_recipe

from ganbench.data.archive import archive
from ganbench.data.audit.check import check
from ganbench.data.classes import require_items_of_each_class
from ganbench.data.images import ImageDataset
from ganbench.data.io.archive_file import write_archive
from ganbench.errors import UserError
from ganbench.experiment.train import train


def test_class_names_without_images_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_archive(path, [encoded(noise(i)) for i in range(4)], [0, 2, 0, 2], ["cat", "dog", "owl", "yak"])
    with pytest.warns(UserWarning, match=r"2 of the 4 classes have no image \(dog, yak\)"):
        data = archive(str(path))
    with pytest.raises(UserError, match=r"in 'archive:a.npz', 2 of the 4 classes have no image \(dog, yak\)"):
        require_items_of_each_class(data)
    assert check(path).notes == ("2 of the 4 classes have no image (dog, yak)",)


def test_a_set_with_all_classes_or_none_is_accepted() -> None:
    pixels = torch.zeros(4, 1, 2, 2, dtype=torch.uint8)
    require_items_of_each_class(ImageDataset("x", pixels))
    require_items_of_each_class(ImageDataset("x", pixels, torch.arange(4) % 2, ("a", "b")))


def test_a_model_of_classes_is_not_trained_on_an_empty_class(tmp_path: Path) -> None:
    write_archive(
        tmp_path / "a.npz", [encoded(noise(i, 32, 32)) for i in range(8)], [0, 1] * 4, ["a", "b", "c"]
    )
    changes = {"data": f"archive:{tmp_path}/a.npz"}
    recipe = tiny_recipe("sndcgan-projection-mnist").override(changes)
    with (
        pytest.warns(match="have no image"),
        pytest.raises(UserError, match=r"1 of the 3 classes have no image \(c\)"),
    ):
        train(recipe, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
