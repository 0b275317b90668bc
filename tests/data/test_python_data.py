"""Images from Python keep their pixels and classes, and whatever is no set of images is refused in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch.utils.data import IterableDataset, TensorDataset

from ganbench.data.python_data import as_dataset, image_dataset, store, with_stored_data
from ganbench.data.samples import samples
from ganbench.data.shapes import shapes
from ganbench.errors import UserError

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 3, 8, 10), dtype=np.uint8)
ALL = torch.arange(6)


class Pictures:
    """A map-style data set, as those of torchvision are, of Pillow's pictures and class numbers."""

    classes = ("cat", "dog")

    def __len__(self) -> int:
        return len(PIXELS)

    def __getitem__(self, number: int) -> tuple[Image.Image, int]:
        return Image.fromarray(PIXELS[number].transpose(1, 2, 0)), number % 2


class Feature:
    """A description of a column; the class's name says what it is, as in ``datasets``."""

    def __init__(self, *names: str) -> None:
        self.names = list(names)


IMAGE, CLASS_LABEL = type("Image", (Feature,), {}), type("ClassLabel", (Feature,), {})


class Table:
    """A data set as ``datasets`` has them: rows are dicts, and ``features`` describes the columns."""

    def __init__(self, features: dict[str, Any]) -> None:
        self.features, self.info = features, "a description of another kind"

    def __len__(self) -> int:
        return len(PIXELS)

    def __getitem__(self, number: int) -> dict[str, Any]:
        return {"photo": PIXELS[number], "kind": number % 2, "id": str(number)}


@pytest.mark.parametrize(
    "layout",
    [
        lambda x: x,
        lambda x: x.transpose(0, 2, 3, 1),
        lambda x: torch.from_numpy(x),
        lambda x: x.astype(np.float64) / 255,
        lambda x: torch.from_numpy(x).float() / 255,
        lambda x: TensorDataset(torch.from_numpy(x)),
    ],
    ids=["channels first", "channels last", "tensor", "float64", "float32", "data set of tensors"],
)
def test_pixels_stay_as_they_are(layout: Callable[[Any], Any]) -> None:
    dataset = image_dataset(layout(PIXELS))
    assert torch.equal(dataset.items(ALL), torch.from_numpy(PIXELS))
    assert dataset.info.classes == ()


@given(st.lists(st.integers(0, 255), min_size=4, max_size=4))
def test_every_grey_level_survives_the_way_over_floats(levels: list[int]) -> None:
    grey = np.array(levels, dtype=np.uint8).reshape(1, 2, 2)
    for image in (grey, grey / 255, (grey / 255).astype(np.float32)):
        assert image_dataset(image).items(torch.zeros(1, dtype=torch.int64)).flatten().tolist() == levels


@pytest.mark.parametrize(
    ("data", "classes"),
    [
        (Pictures(), ("cat", "dog")),
        (Table({"photo": IMAGE(), "kind": CLASS_LABEL("cat", "dog"), "id": Feature()}), ("cat", "dog")),
        (TensorDataset(torch.from_numpy(PIXELS), ALL % 2), ("0", "1")),
    ],
    ids=["torchvision", "datasets", "tensors"],
)
def test_classes_come_along(data: Any, classes: tuple[str, ...]) -> None:
    dataset = image_dataset(data)
    assert torch.equal(dataset.items(ALL), torch.from_numpy(PIXELS))
    assert dataset.info.classes == classes
    labels = dataset.labels(ALL)
    assert labels is not None
    assert labels.tolist() == [0, 1, 0, 1, 0, 1]


class Endless(IterableDataset[int]):
    """A data set without a length."""

    def __iter__(self) -> Iterator[int]:
        return iter(range(3))


class Sizes:
    """Images of different sizes."""

    def __len__(self) -> int:
        return 2

    def __getitem__(self, number: int) -> Any:
        return PIXELS[0, :, : 8 - number]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (PIXELS.astype(np.int64), "holds int64 values; give uint8"),
        (PIXELS / 127.5 - 1, "holds floats from -1 to 1, not from 0 to 1"),
        (np.full((1, 4, 4), np.nan), "holds floats from nan to nan"),
        (PIXELS[0, 0], r"has the shape \[8, 10\], which is not that of images"),
        (PIXELS[:0], r"has the shape \[0, 3, 8, 10\]"),
        (np.zeros((2, 4, 8, 8), np.uint8), "images have 1 or 3 channels"),
        (np.array([object()]), "an? ndarray is no image|has the shape"),
        (Endless(), "a Endless has no length"),
        (TensorDataset(torch.zeros(0, 3, 8, 8)), "is empty"),
        (TensorDataset(torch.from_numpy(PIXELS), ALL - 1), "negative class number"),
        (TensorDataset(torch.from_numpy(PIXELS), ALL / 0), "item 0 has the class .* no whole number"),
        (Sizes(), "item 1 is 10x7 with 3 channels, but item 0 is 10x8"),
        (Table({"kind": CLASS_LABEL("a", "b")}), "one column of images .* has the columns kind"),
    ],
)
def test_what_is_no_set_of_images_is_refused(data: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        image_dataset(data)


def test_a_class_without_a_name_is_refused() -> None:
    data = TensorDataset(torch.from_numpy(PIXELS), ALL)
    data.classes = ["a", "b"]  # type: ignore[attr-defined]
    with pytest.raises(UserError, match="an item has class 5, but there are 2 classes"):
        image_dataset(data)


def test_stored_data_are_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path))
    path = store(Pictures())
    again = samples(str(path))
    assert torch.equal(again.items(ALL), torch.from_numpy(PIXELS))
    assert again.info.classes == ("cat", "dog")
    assert again.info.fingerprint == image_dataset(Pictures()).info.fingerprint == path.stem
    assert store(Pictures()) == path


def test_only_data_from_python_are_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path))
    own = shapes(size=2)
    for value in ("shapes", {"target": "ganbench.data.shapes:shapes"}, own):
        assert with_stored_data({"data": value}) == {"data": value}
    assert with_stored_data({"schedule.steps": 1}) == {"schedule.steps": 1}
    assert not list(tmp_path.iterdir())
    assert with_stored_data({"data": PIXELS}) == {"data": f"samples:{store(PIXELS)}"}


def test_a_function_of_a_recipe_may_return_any_of_them() -> None:
    own = shapes(size=2)
    assert as_dataset(own, "data") is own
    assert as_dataset(Pictures(), "data").info.classes == ("cat", "dog")
    with pytest.raises(UserError, match="data must return a data set, and a int has no info"):
        as_dataset(3, "data")
    with pytest.raises(UserError, match="a Endless has no length"):
        as_dataset(Endless(), "data")
