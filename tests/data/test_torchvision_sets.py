from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from tests.data.conftest import noise

from ganbench.data import torchvision_sets as module
from ganbench.data.torchvision_sets import cifar10, fashion_mnist, mnist
from ganbench.errors import UserError


def idx(content: np.ndarray) -> bytes:
    header = bytes((0, 0, 8, content.ndim)) + b"".join(n.to_bytes(4, "big") for n in content.shape)
    return header + content.tobytes()


IMAGES = noise(0, 5, 28, 28)
LABELS = np.array([0, 9, 3, 3, 1], np.uint8)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Five digits whose MD5 replace the official ones."""
    files = {"t10k-images-idx3-ubyte": idx(IMAGES), "t10k-labels-idx1-ubyte": idx(LABELS)}
    for table in ("_MNIST", "_FASHION_MNIST"):
        monkeypatch.setattr(module, table, {n: hashlib.md5(raw).hexdigest() for n, raw in files.items()})
    monkeypatch.setattr(module, "_DEBIAN", Path("/nowhere"))
    return files


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no network in tests")

    monkeypatch.setattr("torchvision.datasets.mnist.download_and_extract_archive", refuse)
    monkeypatch.setattr("torchvision.datasets.cifar.download_and_extract_archive", refuse)


def put(folder: Path, files: dict[str, bytes], zipped: bool = False) -> None:
    folder.mkdir(parents=True)
    for name, raw in files.items():
        (folder / (name + ".gz" * zipped)).write_bytes(gzip.compress(raw) if zipped else raw)


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("place", ["MNIST/raw", "mnist"])
def test_mnist_is_read_from_the_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: dict[str, bytes], place: str, zipped: bool
) -> None:
    monkeypatch.setenv("GANBENCH_DATA", str(tmp_path))
    put(tmp_path / place, small, zipped)
    digits = mnist("test")
    assert np.array_equal(digits.pixels[:, 0].numpy(), IMAGES)
    labels = digits.labels(torch.arange(5))
    assert labels is not None
    assert labels.tolist() == LABELS.tolist()
    padded = mnist("test", size=32)
    assert padded.info.shape == (1, 32, 32)
    assert torch.equal(padded.pixels[..., 2:30, 2:30], digits.pixels)
    assert padded.pixels.sum() == digits.pixels.sum()


@pytest.mark.parametrize("place", ["FashionMNIST/raw", "fashion-mnist", "datasets/fashion-mnist"])
def test_fashion_mnist_is_read_from_the_cache_folder(
    cache: Path, small: dict[str, bytes], place: str
) -> None:
    put(cache / place, small, zipped=True)
    garments = fashion_mnist("test")
    assert garments.info.size == 5
    assert garments.info.classes[0] == "T-shirt/top"


def test_other_content_is_refused(cache: Path, small: dict[str, bytes]) -> None:
    put(cache / "mnist", {**small, "t10k-labels-idx1-ubyte": idx(LABELS[::-1].copy())})
    with pytest.raises(UserError, match="t10k-labels-idx1-ubyte is not the official file"):
        mnist("test")


@pytest.mark.parametrize("function", [mnist, fashion_mnist])
def test_missing_files_are_named_without_a_network(function: type, small: dict[str, bytes]) -> None:
    with pytest.raises(UserError, match=r"raw/train-images-idx3-ubyte\[\.gz\] and .*set GANBENCH_DATA"):
        function("train")


def test_a_download_goes_to_the_cache(
    cache: Path, small: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def download(root: str, download: bool) -> None:
        assert download
        put(Path(root, "MNIST", "raw"), small)

    monkeypatch.setattr(torchvision.datasets, "MNIST", download)
    assert mnist("test").info.size == 5
    assert (cache / "MNIST" / "raw").is_dir()


def test_missing_cifar10_files_are_named() -> None:
    with pytest.raises(UserError, match=r"cifar-10-batches-py/ \(from https://"):
        cifar10()


def test_cifar10_files_that_are_not_the_official_ones_are_never_unpickled(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trap = tmp_path / "trapped"
    pickle = f"cos\nmkdir\n(V{trap}\ntR.".encode()
    monkeypatch.setenv("GANBENCH_DATA", str(tmp_path))
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    for name in (*(f"data_batch_{k}" for k in range(1, 6)), "test_batch", "batches.meta"):
        (folder / name).write_bytes(pickle)
    with pytest.raises(UserError, match="cifar-10-batches-py is incomplete, or differs"):
        cifar10()
    assert not trap.exists()


def test_cifar10_matches_torchvision(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Official:
        base_folder = "cifar-10-batches-py"
        classes = ("a", "b")

        def __init__(self, root: str, train: bool, download: bool) -> None:
            assert (root, train, download) == (str(cache), False, False)
            self.data, self.targets = noise(1, 4 * 32, 32).reshape(4, 32, 32, 3), [1, 0, 1, 1]

    monkeypatch.setattr(torchvision.datasets, "CIFAR10", Official)
    (cache / "cifar-10-batches-py").mkdir()
    images = cifar10("test")
    assert images.info.shape == (3, 32, 32)
    assert np.array_equal(images.pixels[2, :, 5, 6].numpy(), noise(1, 4 * 32, 32)[2 * 32 + 5, 6])
    enlarged = cifar10("test", size=64)
    assert enlarged.info.shape == (3, 64, 64)
    assert torch.equal(enlarged.pixels[..., ::63, ::63], images.pixels[..., ::31, ::31]), "the corners"
    blocks = enlarged.pixels.float().unflatten(3, (32, 2)).unflatten(2, (32, 2)).mean((3, 5))
    inner = images.pixels[..., 1:-1, 1:-1].float()
    assert 0.7 < torch.corrcoef(torch.stack([blocks[..., 1:-1, 1:-1].flatten(), inner.flatten()]))[0, 1] < 1


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(UserError, match="28 or 32"):
        mnist(size=64)  # type: ignore[arg-type]
    with pytest.raises(UserError, match="32 or 64, not 48"):
        cifar10(size=48)  # type: ignore[arg-type]
    for function in (mnist, fashion_mnist, cifar10):
        with pytest.raises(UserError, match="no split"):
            function(split="val")  # type: ignore[arg-type]


@pytest.mark.parametrize(("split", "size", "first"), [("train", 60_000, 5), ("test", 10_000, 7)])
def test_real_mnist_is_exact(real_data: Path, split: str, size: int, first: int) -> None:
    if not list(real_data.glob("MNIST/raw/*.gz")):
        pytest.skip("MNIST is not in GANBENCH_DATA")
    digits = mnist(split)  # type: ignore[arg-type]  # the md5 of all its files are checked inside
    labels = digits.labels(torch.arange(size))
    assert labels is not None
    assert digits.info.size == size
    assert labels[0] == first


@pytest.mark.skipif(
    not module._DEBIAN.is_dir(), reason="the Debian package of Fashion-MNIST is not installed"
)
def test_real_fashion_mnist_is_exact() -> None:
    garments = fashion_mnist("test")
    labels = garments.labels(torch.arange(10_000))
    assert labels is not None
    assert labels.bincount().tolist() == [1000] * 10
