"""Load or train the small classifier of a labelled data set, with its test accuracy."""

from __future__ import annotations

import hashlib
import json
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from ganbench.errors import UserError
from ganbench.metrics.classes.training import (
    ClassifierTraining,
    classification_accuracy,
    deterministic,
    train_classifier,
)
from ganbench.metrics.extractors.classifier_network import WIDTHS, ClassifierNetwork
from ganbench.metrics.score import JSON
from ganbench.utils.file_names import file_stem
from ganbench.utils.files import atomic_file
from ganbench.utils.paths import cache_folder
from ganbench.utils.progress import Notify, print_note

if TYPE_CHECKING:
    from ganbench.data.base import DataInfo, Dataset

FORMAT = 1
ACCURACY = "test_accuracy"  # saved among the weights, so that their SHA-256 covers it


@dataclass(frozen=True, kw_only=True)
class Classifier:
    """A trained network in eval mode.

    Attributes:
        network: The network.
        train: The training split.
        test: The test split.
        accuracy: The accuracy on the test split.
        weights_sha256: The SHA-256 of the weights file.
    """

    network: ClassifierNetwork
    train: DataInfo
    test: DataInfo
    accuracy: float
    weights_sha256: str

    @property
    def record(self) -> Mapping[str, JSON]:
        """The training set and the test accuracy, for the record of a score."""
        return {
            "data": self.train.name,
            "fingerprint": self.train.fingerprint,
            ACCURACY: round(self.accuracy, 6),
            "test_items": self.test.size,
        }


def load_or_train_classifier(
    name: str, training: ClassifierTraining | None = None, *, note: Notify = print_note
) -> Classifier:
    """Return the classifier of a data set, from ``cache_folder()/classifiers`` or trained now.

    It is trained on the train split and evaluated on the test split. On one machine the weights are bit-identical,
    for any number of threads. A damaged cache file is replaced; a folder that is not writable causes a warning.

    Args:
        name: The name of the data set.
        training: The training settings.
        note: Receives progress messages.

    Raises:
        UserError: The data set is unknown, its files are missing, or it has no test split, classes or images.
    """
    training = training or ClassifierTraining()
    train, test = _load_splits(name)
    path = classifier_path(train.info, test.info, training)
    payload = _read(path)
    if payload is None:
        payload = _train_and_cache(train, test, training, path, note)
    state = load(payload)
    accuracy = float(state.pop(ACCURACY))
    # The random initial weights are replaced at once and must not advance the caller's random state.
    with torch.random.fork_rng(devices=[]):
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


def classifier_path(train: DataInfo, test: DataInfo, training: ClassifierTraining) -> Path:
    """Return the weights file for these splits and settings; a ``.json`` next to it describes it."""
    key = {
        "format": FORMAT,
        "widths": WIDTHS,
        "train": train.fingerprint,
        "test": test.fingerprint,
        "teaching": training.record,
    }
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
    return (
        cache_folder() / "classifiers" / f"{file_stem(train.name, separators=': ')}-{digest[:24]}.safetensors"
    )


def _load_splits(name: str) -> tuple[Dataset, Dataset]:
    from ganbench.config.spec import parameters
    from ganbench.data.registry import find_dataset

    function, arguments = find_dataset(name)
    if "split" not in parameters(function):
        raise UserError(
            f"a classifier needs a data set with a train and a test split, and '{name}' has none; "
            "use one such as mnist"
        )
    train, test = function(**arguments, split="train"), function(**arguments, split="test")
    if train.info.kind != "image" or len(train.info.classes) < 2:
        raise UserError(f"a classifier needs images of at least 2 classes, and '{name}' has none")
    return train, test


def _read(path: Path) -> bytes | None:
    """Return the bytes of a weights file, or None if it is missing or does not match its ``.json``."""
    try:
        payload = path.read_bytes()
        description = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        if description["weights_sha256"] != hashlib.sha256(payload).hexdigest():
            return None
        load(payload)
    except (OSError, ValueError, TypeError, KeyError, SafetensorError):
        return None
    return payload


def _train_and_cache(
    train: Dataset, test: Dataset, training: ClassifierTraining, path: Path, note: Notify
) -> bytes:
    note(f"training a classifier of '{train.info.name}', once, in about a minute; it is cached at {path}")
    start = time.monotonic()
    with deterministic(training.seed):
        network = train_classifier(train, training)
        accuracy = classification_accuracy(test, network)
    seconds = time.monotonic() - start
    note(
        f"the classifier of '{train.info.name}' recognises {accuracy:.2%} of the test split ({seconds:.0f} s)"
    )
    state = {name: value.contiguous() for name, value in network.state_dict().items()}
    payload = save({**state, ACCURACY: torch.tensor(accuracy, dtype=torch.float64)})
    description: dict[str, Any] = {
        "weights_sha256": hashlib.sha256(payload).hexdigest(),
        ACCURACY: accuracy,
        "train": {"name": train.info.name, "fingerprint": train.info.fingerprint, "items": train.info.size},
        "test": {"name": test.info.name, "fingerprint": test.info.fingerprint, "items": test.info.size},
        "teaching": training.record,
        "torch": torch.__version__,
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_file(path) as file:
            file.write(payload)
        with atomic_file(path.with_suffix(".json")) as file:  # last, since it makes the weights valid
            file.write((json.dumps(description, indent=1) + "\n").encode())
    except OSError as error:
        warnings.warn(
            f"the classifier is not cached, cannot write {path.parent}: {error.strerror}", stacklevel=3
        )
    return payload
