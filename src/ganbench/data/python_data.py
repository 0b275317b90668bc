"""Images that a program has in memory: NumPy arrays, tensors, PyTorch data sets and those of Hugging Face."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ganbench.data.base import Dataset, require_dataset
from ganbench.data.images import ImageDataset
from ganbench.data.io.npz import write_npz
from ganbench.errors import UserError
from ganbench.utils.files import name_in_errors
from ganbench.utils.paths import cache_folder

_HINT = "give uint8 images [N, H, W], [N, C, H, W] or [N, H, W, C], or floats from 0 to 1"


def as_dataset(value: object, what: str) -> Dataset:
    """Return a data set of ganbench as it is, and images in another form as an :class:`ImageDataset`.

    Raises:
        UserError: It is neither; the message names ``what`` returned it.
    """
    return image_dataset(value) if _converts(value) else require_dataset(value, what)


def _converts(value: object) -> bool:
    """Say whether a value holds items itself, as arrays and data sets of other libraries do."""
    if isinstance(value, str | bytes | Mapping | Sequence):
        return False
    if not hasattr(value, "__getitem__") and not hasattr(value, "__iter__"):
        return False
    return not all(hasattr(value, name) for name in ("info", "batch", "items", "labels"))  # our own


def image_dataset(data: Any, *, name: str = "python", flip: bool = False) -> ImageDataset:
    """Return images from Python as a data set, all in memory.

    Args:
        data: One of

            - an array or a tensor: uint8 (0 to 255) or floats (0 to 1), ``[N, H, W]``, ``[N, C, H, W]`` or
              ``[N, H, W, C]`` with 1 or 3 channels;
            - a PyTorch data set with a length, whose items are images (pictures of Pillow, arrays or tensors of one
              size), or tuples of an image and a class number; class names are taken from its ``classes``;
            - a data set of Hugging Face's ``datasets`` with a column of images and at most one of class labels.
        name: The name of the data set.
        flip: Whether each image of a batch is mirrored left to right with probability 1/2.

    Raises:
        UserError: The data are none of these, or the images differ in size.

    Example:
        >>> import numpy as np
        >>> from ganbench.data.python_data import image_dataset
        >>> image_dataset(np.zeros((10, 32, 32, 3), dtype=np.uint8)).info.shape
        (3, 32, 32)
    """
    if isinstance(data, np.ndarray | Tensor):
        return ImageDataset(name, _pixels(_array(data), "the array"), flip=flip)
    if not hasattr(data, "__len__") or not hasattr(data, "__getitem__"):
        raise UserError(
            f"a {type(data).__name__} has no length, so its items cannot be drawn by number; give one that has"
        )
    if not len(data):
        raise UserError(f"the {type(data).__name__} is empty")
    items, names = _hugging_face(data) if hasattr(data, "features") else _pytorch(data)
    images: list[Tensor] = []
    labels: list[int | None] = []
    for number, (image, label) in enumerate(items):
        pixels = _pixels(_array(image)[None], f"item {number}")
        if images and pixels.shape != images[0].shape:
            raise UserError(
                f"item {number} is {_size(pixels)}, but item 0 is {_size(images[0])}; give all images one size"
            )
        images.append(pixels)
        labels.append(label)
    known = [label for label in labels if label is not None]
    if not known:
        return ImageDataset(name, torch.cat(images), flip=flip)
    if len(known) < len(labels) or min(known) < 0:
        raise UserError("some items have no class, or a negative class number; give each item one, or none")
    classes = names or [str(number) for number in range(max(known) + 1)]
    if max(known) >= len(classes):
        raise UserError(f"an item has class {max(known)}, but there are {len(classes)} classes, from 0 on")
    return ImageDataset(name, torch.cat(images), torch.tensor(known), classes, flip=flip)


def store(data: Any) -> Path:
    """Write images from Python to a file in the cache, named by content, so that a run can find them again.

    Returns:
        The ``.npz`` file, for ``data=samples:FILE``.

    Raises:
        UserError: They are no images, or the cache is not writable.
    """
    dataset = image_dataset(data)
    arrays = {"samples": dataset.pixels.numpy()}
    labels = dataset.labels(torch.arange(len(dataset)))
    if labels is not None:
        arrays |= {"labels": labels.numpy(), "classes": np.array(dataset.info.classes)}
    path = cache_folder() / "python-data" / f"{dataset.info.fingerprint}.npz"
    with name_in_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_npz(path, arrays)
    return path


def with_stored_data(overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return overrides of a recipe in which data from Python are stored, and named by their file."""
    value = overrides.get("data")
    named = f"samples:{store(value)}" if _converts(value) else value
    return {**overrides, "data": named} if "data" in overrides else dict(overrides)


def _pytorch(data: Any) -> tuple[Iterable[tuple[Any, int | None]], list[str]]:
    """Return the images with their class numbers, and the class names."""

    def items() -> Iterable[tuple[Any, int | None]]:
        for number in range(len(data)):
            item = data[number]
            if not isinstance(item, tuple | list):
                yield item, None
            else:
                yield item[0], _class_number(item[1], number) if len(item) > 1 else None

    return items(), [str(name) for name in getattr(data, "classes", ())]


def _hugging_face(data: Any) -> tuple[Iterable[tuple[Any, int | None]], list[str]]:
    """Return the images with their class numbers, and the class names, of a data set of ``datasets``."""
    image, label = image_and_label_columns(data)

    def items() -> Iterable[tuple[Any, int | None]]:
        for number in range(len(data)):
            row = data[number]
            yield row[image], None if label is None else _class_number(row[label], number)

    return items(), [] if label is None else [str(name) for name in data.features[label].names]


def image_and_label_columns(data: Any) -> tuple[str, str | None]:
    """Return the names of the columns of images and class labels of a data set of ``datasets``; None without labels.

    Raises:
        UserError: there is no column of images, or more than one of a kind.
    """
    images = [name for name, kind in data.features.items() if type(kind).__name__ == "Image"]
    labels = [name for name, kind in data.features.items() if type(kind).__name__ == "ClassLabel"]
    if len(images) != 1 or len(labels) > 1:
        columns = ", ".join(data.features)
        raise UserError(
            f"the data set needs one column of images and at most one of class labels, and has the columns {columns}; "
            "use select_columns, and cast_column to datasets.Image() or datasets.ClassLabel()"
        )
    return images[0], labels[0] if labels else None


def _class_number(value: Any, number: int) -> int:
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise UserError(f"item {number} has the class {value!r}, which is no whole number") from error


def _array(image: Any) -> NDArray[Any]:
    if isinstance(image, Tensor):
        return np.asarray(image.detach().cpu().numpy())
    array = np.asarray(image)  # Pillow's pictures become [H, W] or [H, W, C]
    if array.dtype == object:
        raise UserError(f"a {type(image).__name__} is no image; {_HINT}")
    return array


def _pixels(array: NDArray[Any], what: str) -> Tensor:
    """Return images as uint8 ``[N, C, H, W]``."""
    if array.ndim == 3:
        array = array[:, None]
    if array.ndim != 4 or 0 in array.shape:
        raise UserError(f"{what} has the shape {list(array.shape)}, which is not that of images; {_HINT}")
    if array.shape[1] not in (1, 3):
        if array.shape[3] not in (1, 3):
            raise UserError(f"{what} has the shape {list(array.shape)}: images have 1 or 3 channels; {_HINT}")
        array = array.transpose(0, 3, 1, 2)
    if array.dtype.kind == "f":
        if not bool(((array >= 0) & (array <= 1)).all()):  # false for NaN, too
            low, high = float(array.min()), float(array.max())
            raise UserError(f"{what} holds floats from {low:.4g} to {high:.4g}, not from 0 to 1; {_HINT}")
        array = (array * 255).round().astype(np.uint8)
    if array.dtype != np.uint8:
        raise UserError(f"{what} holds {array.dtype} values; {_HINT}")
    return torch.from_numpy(np.ascontiguousarray(array))


def _size(pixels: Tensor) -> str:
    _, channels, height, width = pixels.shape
    return f"{width}x{height} with {channels} channel{'s' * (channels > 1)}"
