"""A small classifier of a labelled data set: trained here once, kept on disk, its own accuracy told with it."""

from __future__ import annotations

import hashlib
import json
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn
from torch.nn import functional

from ganbench.errors import UserError
from ganbench.metrics.extractors.classifier_network import WIDTHS, ClassifierNetwork
from ganbench.metrics.score import JSON
from ganbench.utils.files import atomic_file
from ganbench.utils.paths import cache_folder
from ganbench.utils.progress import Note, print_note

if TYPE_CHECKING:
    from ganbench.data.base import DataInfo, Dataset


FORMAT = 1
CHUNK = 500
ACCURACY = "test_accuracy"  # kept among the weights, so that the same hash covers it
"""Called with a line for whoever waits."""


@dataclass(frozen=True, kw_only=True)
class ClassifierTraining:
    """How a classifier is trained: AdamW, a rate that rises to ``rate`` in the first fifth and then falls to 0.

    ``shown`` counts pictures; each batch is moved by up to ``shift`` pixels each way.
    """

    shown: int = 240_000
    batch: int = 128
    rate: float = 5e-3
    decay: float = 0.01
    shift: int = 1
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Classifier:
    """A trained network in eval mode, and what is to be known of it; ``accuracy`` is that on the test split."""

    network: ClassifierNetwork
    train: DataInfo
    test: DataInfo
    accuracy: float
    weights_sha256: str

    @property
    def record(self) -> Mapping[str, JSON]:
        """Say on what it was trained and how well it did."""
        return {
            "data": self.train.name,
            "fingerprint": self.train.fingerprint,
            ACCURACY: round(self.accuracy, 6),
            "test_items": self.test.size,
        }


def classifier_of(
    name: str, teaching: ClassifierTraining | None = None, *, note: Note = print_note
) -> Classifier:
    """Return the classifier of a data set's classes, from ``cache_folder()/classifiers`` or trained now.

    It learns the train split and is judged on the test split. On the same machine the weights are the same,
    bit for bit, whoever trains it with however many threads. A damaged file is trained anew; a folder that
    cannot be written is a warning.

    Raises:
        UserError: there is no such set, its files are missing, or it has no test split, classes or pictures.
    """
    teaching = teaching or ClassifierTraining()
    train, test = _splits(name)
    path = classifier_path(train.info, test.info, teaching)
    payload = _read(path)
    if payload is None:
        payload = _teach_and_keep(train, test, teaching, path, note)
    state = load(payload)
    accuracy = float(state.pop(ACCURACY))
    with torch.random.fork_rng(devices=[]):  # first weights, replaced at once, are no draw of the caller's
        network = ClassifierNetwork(train.info.shape[0], len(train.info.classes))
    network.load_state_dict(state)
    network.to(memory_format=torch.channels_last)
    return Classifier(
        network=network.eval().requires_grad_(False),
        train=train.info,
        test=test.info,
        accuracy=accuracy,
        weights_sha256=hashlib.sha256(payload).hexdigest(),
    )


def classifier_path(train: DataInfo, test: DataInfo, teaching: ClassifierTraining) -> Path:
    """Return the weights' file for these data and this way of training; beside it lies a ``.json`` about it."""
    key = {
        "format": FORMAT,
        "widths": WIDTHS,
        "train": train.fingerprint,
        "test": test.fingerprint,
        "teaching": asdict(teaching),
    }
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
    return cache_folder() / "classifiers" / f"{train.name}-{digest[:24]}.safetensors"


def _splits(name: str) -> tuple[Dataset, Dataset]:
    from ganbench.config.spec import parameters
    from ganbench.data.registry import dataset_named

    function, arguments = dataset_named(name)
    if "split" not in parameters(function):
        raise UserError(
            f"a classifier needs a set with a train and a test split, and '{name}' has none; use one such as mnist"
        )
    train, test = function(**arguments, split="train"), function(**arguments, split="test")
    if train.info.kind != "image" or len(train.info.classes) < 2:
        raise UserError(f"a classifier needs pictures in at least 2 classes, and '{name}' has none")
    return train, test


def _read(path: Path) -> bytes | None:
    """Return a whole safetensors file as bytes, or None if it is missing or not what its ``.json`` says."""
    try:
        payload = path.read_bytes()
        about = json.loads(path.with_suffix(".json").read_text())
        if about["weights_sha256"] != hashlib.sha256(payload).hexdigest():
            return None
        load(payload)
    except (OSError, ValueError, TypeError, KeyError, SafetensorError):
        return None
    return payload


def _teach_and_keep(
    train: Dataset, test: Dataset, teaching: ClassifierTraining, path: Path, note: Note
) -> bytes:
    note(f"training a classifier of '{train.info.name}', once, in about a minute; it is kept at {path}")
    start = time.monotonic()
    with deterministic(teaching.seed):
        network = train_classifier(train, teaching)
        accuracy = accuracy_on(test, network)
    seconds = time.monotonic() - start
    note(
        f"the classifier of '{train.info.name}' is right on {accuracy:.2%} of the test split ({seconds:.0f} s)"
    )
    state = {name: value.contiguous() for name, value in network.state_dict().items()}
    payload = save({**state, ACCURACY: torch.tensor(accuracy, dtype=torch.float64)})
    about: dict[str, Any] = {
        "weights_sha256": hashlib.sha256(payload).hexdigest(),
        ACCURACY: accuracy,
        "train": {"name": train.info.name, "fingerprint": train.info.fingerprint, "items": train.info.size},
        "test": {"name": test.info.name, "fingerprint": test.info.fingerprint, "items": test.info.size},
        "teaching": asdict(teaching),
        "torch": torch.__version__,
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_file(path) as file:
            file.write(payload)
        with atomic_file(path.with_suffix(".json")) as file:  # last: without it the weights do not count
            file.write((json.dumps(about, indent=1) + "\n").encode())
    except OSError as error:
        warnings.warn(
            f"the classifier is not kept, cannot write {path.parent}: {error.strerror}", stacklevel=3
        )
    return payload


@contextmanager
def deterministic(seed: int) -> Iterator[None]:
    """Have random numbers of our own and one thread: sums over threads would change the last bits."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]), torch.enable_grad():
            torch.default_generator.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)


def train_classifier(
    train: Dataset, teaching: ClassifierTraining, *, flip: bool = False
) -> ClassifierNetwork:
    """Return a network that was shown the pictures of a set; with ``flip`` half of each batch's are mirrored.

    Random numbers are torch's own: call it in :func:`deterministic`.
    """
    network = ClassifierNetwork(train.info.shape[0], len(train.info.classes))
    network.to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.0, weight_decay=teaching.decay)
    steps = max(1, teaching.shown // teaching.batch)
    for step, index in zip(range(steps), _batches(train.info.size, teaching), strict=False):
        for group in optimizer.param_groups:
            group["lr"] = teaching.rate * min((step + 1) / (0.2 * steps), (steps - step) / (0.8 * steps))
        labels = train.labels(index)
        assert labels is not None, "a set with classes has labels"
        pictures = train.info.from_data(train.items(index))
        if flip:
            pictures = torch.where(torch.rand(len(index), 1, 1, 1) < 0.5, pictures.flip(-1), pictures)
        pictures = _moved(pictures, teaching.shift)
        optimizer.zero_grad(set_to_none=True)
        functional.cross_entropy(network(pictures), labels).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return network


def _batches(size: int, teaching: ClassifierTraining) -> Iterator[Tensor]:
    """Yield the items of one batch after another, every epoch in another order."""
    while True:
        yield from torch.split(torch.randperm(size), teaching.batch)


def _moved(pictures: Tensor, shift: int) -> Tensor:
    """Move a batch ``[N, C, H, W]`` by the same random number of pixels; what comes in is black."""
    height, width = pictures.shape[2:]
    down, right = torch.randint(2 * shift + 1, (2,)).tolist()
    wide = functional.pad(pictures, (shift,) * 4, value=-1.0)
    own = wide[:, :, down : down + height, right : right + width]
    return own.contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def accuracy_on(test: Dataset, network: nn.Module) -> float:
    """Return the share of a set's pictures whose class the network, in eval mode from now on, tells."""
    network.eval()
    right = 0
    for index in torch.split(torch.arange(test.info.size), CHUNK):
        logits = network(test.info.from_data(test.items(index)).contiguous(memory_format=torch.channels_last))
        right += int((logits.argmax(1) == test.labels(index)).sum())
    return right / test.info.size
