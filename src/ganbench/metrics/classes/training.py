"""Deterministic training of the small networks that metrics use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganbench.metrics.extractors.classifier_network import ClassifierNetwork
from ganbench.metrics.score import JSON

if TYPE_CHECKING:
    from ganbench.data.base import Dataset

BATCH_SIZE = 500  # for evaluation


@dataclass(frozen=True, kw_only=True)
class NetworkTraining:
    """Training with AdamW; the learning rate rises linearly in the first fifth, then falls linearly to 0.

    Attributes:
        images: The number of training images, counted over all epochs.
        batch_size: Images per step.
        learning_rate: The largest learning rate.
        weight_decay: The weight decay of AdamW.
        seed: The seed of :func:`deterministic`.
    """

    images: int
    batch_size: int = 128
    learning_rate: float
    weight_decay: float = 0.01
    seed: int = 0

    @property
    def record(self) -> dict[str, JSON]:
        """The settings, by the names that cache keys and scores use."""
        return {
            "shown": self.images,
            "batch": self.batch_size,
            "rate": self.learning_rate,
            "decay": self.weight_decay,
            "seed": self.seed,
        }


@dataclass(frozen=True, kw_only=True)
class ClassifierTraining(NetworkTraining):
    """Training of a classifier; each batch is shifted by up to ``shift`` pixels along each axis."""

    images: int = 240_000
    learning_rate: float = 5e-3
    shift: int = 1

    @property
    def record(self) -> dict[str, JSON]:
        """The settings, by the names that cache keys and scores use."""
        return {**super().record, "shift": self.shift}


@contextmanager
def deterministic(seed: int) -> Iterator[None]:
    """Seed torch's random numbers and use one thread, since sums over threads change the last bits."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]), torch.enable_grad():
            torch.default_generator.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)


def train_network(
    network: nn.Module, training: NetworkTraining, size: int, batch_loss: Callable[[Tensor], Tensor]
) -> None:
    """Train a network in place; call it within :func:`deterministic`.

    Args:
        network: The network.
        training: The settings.
        size: The size of the training set.
        batch_loss: Returns the loss of the items at an index ``[B]``.
    """
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.0, weight_decay=training.weight_decay)
    steps = max(1, training.images // training.batch_size)
    for step, index in zip(range(steps), _shuffled_batches(size, training.batch_size), strict=False):
        warmup, decay = (step + 1) / (0.2 * steps), (steps - step) / (0.8 * steps)
        for group in optimizer.param_groups:
            group["lr"] = training.learning_rate * min(warmup, decay)
        optimizer.zero_grad(set_to_none=True)
        batch_loss(index).backward()  # type: ignore[no-untyped-call]
        optimizer.step()


def train_classifier(
    train: Dataset, training: ClassifierTraining, *, flip: bool = False
) -> ClassifierNetwork:
    """Return a classifier trained on a data set; call it within :func:`deterministic`.

    With ``flip``, each image is mirrored with probability 1/2.
    """
    network = ClassifierNetwork(train.info.shape[0], len(train.info.classes))
    network.to(memory_format=torch.channels_last)

    def batch_loss(index: Tensor) -> Tensor:
        labels = train.labels(index)
        assert labels is not None, "a set with classes has labels"
        images = train.info.from_data(train.items(index))
        if flip:
            images = torch.where(torch.rand(len(index), 1, 1, 1) < 0.5, images.flip(-1), images)
        return functional.cross_entropy(network(_random_shift(images, training.shift)), labels)

    train_network(network, training, train.info.size, batch_loss)
    return network


@torch.no_grad()
def classification_accuracy(test: Dataset, network: nn.Module) -> float:
    """Return the share of a data set's images that a network classifies correctly; it is left in eval mode."""
    network.eval()
    correct = 0
    for index in torch.split(torch.arange(test.info.size), BATCH_SIZE):
        logits = network(test.info.from_data(test.items(index)).contiguous(memory_format=torch.channels_last))
        correct += int((logits.argmax(1) == test.labels(index)).sum())
    return correct / test.info.size


def _shuffled_batches(size: int, batch_size: int) -> Iterator[Tensor]:
    """Yield the indices of one batch after another, in a new random order each epoch."""
    while True:
        yield from torch.split(torch.randperm(size), batch_size)


def _random_shift(images: Tensor, shift: int) -> Tensor:
    """Shift a batch ``[N, C, H, W]`` by the same random number of pixels; the border is black."""
    height, width = images.shape[2:]
    top, left = torch.randint(2 * shift + 1, (2,)).tolist()
    padded = functional.pad(images, (shift,) * 4, value=-1.0)
    shifted = padded[:, :, top : top + height, left : left + width]
    return shifted.contiguous(memory_format=torch.channels_last)
