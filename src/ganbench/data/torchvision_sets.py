"""MNIST, Fashion-MNIST and CIFAR-10, from the user's data folder or downloaded by torchvision."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ganbench.data.images import ImageDataset
from ganbench.data.io.idx import read_idx
from ganbench.data.registry import dataset
from ganbench.data.split import Split, check_split
from ganbench.errors import UserError
from ganbench.utils.paths import cache_folder, data_roots, first_existing_file, missing_files_error

# MD5 of the unpacked official files.
_MNIST = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
_FASHION_MNIST = {
    "train-images-idx3-ubyte": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
    "train-labels-idx1-ubyte": "9018921c3c673c538a1fc5bad174d6f9",
    "t10k-images-idx3-ubyte": "8181f5470baa50b63fa0f6fddb340f0a",
    "t10k-labels-idx1-ubyte": "15d484375f8d13e6eb1aabb0c3f46965",
}
_FASHION_CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
_CIFAR10 = "cifar-10-batches-py"
_DEBIAN = Path("/usr/share/datasets/fashion-mnist")  # apt-get install dataset-fashion-mnist


def find_mnist() -> Path | None:
    """Return the folder with MNIST's training files, or None."""
    return _find_folder(_mnist_folders())


def _mnist_folders() -> list[Path]:
    return [root / name for root in data_roots() for name in ("MNIST/raw", "MNIST", "mnist/raw", "mnist")]


def _fashion_folders() -> list[Path]:
    names = (
        "FashionMNIST/raw",
        "FashionMNIST",
        "fashion-mnist/raw",
        "fashion-mnist",
        "datasets/fashion-mnist",
    )
    return [*(root / name for root in data_roots() for name in names), _DEBIAN]


def _find_folder(folders: list[Path]) -> Path | None:
    paths = _find_files(folders, ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"))
    return None if paths is None else paths[0].parent


@dataset("mnist", find=find_mnist, downloads=True)
def mnist(split: Split = "train", size: Literal[28, 32] = 28, flip: bool = False) -> ImageDataset:
    """MNIST: handwritten digits, 28x28 grey (32x32: with a border of 2 black pixels) in 10 classes."""
    classes = tuple("0123456789")
    return _load_idx("mnist", _mnist_folders(), "MNIST", _MNIST, classes, split, size, flip)


@dataset("fashion-mnist", find=lambda: _find_folder(_fashion_folders()), downloads=True)
def fashion_mnist(split: Split = "train", size: Literal[28, 32] = 28, flip: bool = False) -> ImageDataset:
    """Fashion-MNIST: garments, 28x28 grey (32x32: with a border of 2 black pixels) in 10 classes."""
    return _load_idx(
        "fashion-mnist",
        _fashion_folders(),
        "FashionMNIST",
        _FASHION_MNIST,
        _FASHION_CLASSES,
        split,
        size,
        flip,
    )


def _find_cifar10() -> Path | None:
    return next((root / _CIFAR10 for root in data_roots() if (root / _CIFAR10).is_dir()), None)


@dataset("cifar10", find=_find_cifar10, downloads=True)
def cifar10(split: Split = "train", flip: bool = True, size: Literal[32, 64] = 32) -> ImageDataset:
    """CIFAR-10: 32x32 RGB images of animals and vehicles in 10 classes (64x64: enlarged, bilinear)."""
    from torchvision.datasets import CIFAR10

    check_split(split)
    if size not in (32, 64):
        raise UserError(f"cifar10 has size 32 or 64, not {size}")
    # The official files are pickles, which can run code when read. Only torchvision reads them, after comparing their
    # MD5 with the published one.
    folder = _find_cifar10()
    try:
        if folder is None:
            official = CIFAR10(str(cache_folder()), train=split == "train", download=True)
        else:
            official = CIFAR10(str(folder.parent), train=split == "train", download=False)
    except (OSError, RuntimeError) as error:
        if folder is not None:
            raise UserError(f"{folder} is incomplete, or differs from the official files") from error
        raise missing_files_error(
            "cifar10", f"{CIFAR10.base_folder}/ (from {CIFAR10.url}, unpacked)"
        ) from error
    pixels = torch.from_numpy(np.ascontiguousarray(official.data.transpose(0, 3, 1, 2)))
    if size == 64:
        pixels = torch.cat([_enlarge(chunk) for chunk in torch.split(pixels, 1000)])
    return ImageDataset(
        "cifar10", pixels, torch.tensor(official.targets), tuple(official.classes), split=split, flip=flip
    )


def _enlarge(pixels: Tensor) -> Tensor:
    """Return uint8 images ``[N, C, 2 * H, 2 * W]`` for ``[N, C, H, W]``."""
    enlarged = interpolate(pixels.float(), scale_factor=2, mode="bilinear", align_corners=False)
    return enlarged.round_().to(torch.uint8)


def _load_idx(
    name: str,
    folders: list[Path],
    torchvision_name: str,
    md5: dict[str, str],
    classes: tuple[str, ...],
    split: Split,
    size: int,
    flip: bool,
) -> ImageDataset:
    check_split(split)
    if size not in (28, 32):
        raise UserError(f"{name} has size 28 or 32, not {size}")
    stem = "train" if split == "train" else "t10k"
    files = (f"{stem}-images-idx3-ubyte", f"{stem}-labels-idx1-ubyte")
    paths = _find_files(folders, files)
    if paths is None:
        _download(name, torchvision_name, files)
        paths = _find_files([cache_folder() / torchvision_name / "raw"], files)
        if paths is None:
            raise UserError(f"{name}: torchvision's download left no {files[0]} in {cache_folder()}")
    images = read_idx(paths[0], 3, md5[files[0]])
    labels = read_idx(paths[1], 1, md5[files[1]])
    border = (size - 28) // 2
    pixels = torch.from_numpy(np.pad(images, ((0, 0), (border, border), (border, border)))[:, None])
    return ImageDataset(
        name, pixels, torch.from_numpy(labels.astype(np.int64)), classes, split=split, flip=flip
    )


def _find_files(folders: list[Path], files: tuple[str, str]) -> tuple[Path, Path] | None:
    """Return the paths of both files in the first folder that has them, plain or gzipped."""
    for folder in folders:
        images, labels = (first_existing_file((folder / file, folder / f"{file}.gz")) for file in files)
        if images is not None and labels is not None:
            return images, labels
    return None


def _download(name: str, torchvision_name: str, files: tuple[str, str]) -> None:
    from torchvision import datasets

    try:
        getattr(datasets, torchvision_name)(str(cache_folder()), download=True)
    except (OSError, RuntimeError) as error:
        needed = " and ".join(f"{torchvision_name}/raw/{file}[.gz]" for file in files)
        raise missing_files_error(name, needed) from error
