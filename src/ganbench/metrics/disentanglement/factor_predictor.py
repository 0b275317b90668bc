"""Load or train a small network that predicts the factors of images."""

from __future__ import annotations

import hashlib
import json
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn

from ganbench.data.base import DataInfo
from ganbench.errors import UserError
from ganbench.metrics.classes.training import BATCH_SIZE, NetworkTraining, deterministic, train_network
from ganbench.metrics.disentanglement.factors import (
    Factor,
    FactorDataset,
    factor_loss,
    factor_targets,
    infer_factors,
    prediction_quality,
)
from ganbench.metrics.features.cached_tensors import read_tensors, write_tensors
from ganbench.metrics.score import JSON
from ganbench.utils.file_names import file_stem
from ganbench.utils.paths import cache_folder
from ganbench.utils.progress import Notify, print_note

FORMAT = 1
WIDTHS = (24, 48, 96)
HIDDEN = 128


@dataclass(frozen=True, kw_only=True)
class FactorTraining(NetworkTraining):
    """Training of a factor predictor."""

    images: int = 160_000
    learning_rate: float = 4e-3


@dataclass(frozen=True, kw_only=True)
class FactorPredictor:
    """A trained network in eval mode.

    Attributes:
        network: The network.
        factors: The factors that it predicts.
        train: The training set.
        test: The held-out items that it is evaluated on.
        weights_sha256: The SHA-256 of the weights.
    """

    network: FactorNetwork
    factors: tuple[Factor, ...]
    train: DataInfo
    test: FactorDataset
    weights_sha256: str

    @cached_property
    def quality(self) -> Mapping[str, float]:
        """The accuracy (classes) or R² (vectors) of each factor on the held-out items."""
        index = torch.arange(self.test.info.size)
        return prediction_quality(factor_targets(self.test, index), self(self.test.items(index)))

    @property
    def record(self) -> dict[str, JSON]:
        """The training set and the held-out quality, for the record of a score."""
        return {
            "data": self.train.name,
            "fingerprint": self.train.fingerprint,
            "held_out_quality": {name: round(value, 4) for name, value in self.quality.items()},
            "held_out_items": self.test.info.size,
            "weights_sha256": self.weights_sha256,
        }

    @torch.no_grad()
    def __call__(self, images: Tensor) -> dict[str, Tensor]:
        """Return the predicted factors of uint8 images ``[N, C, H, W]``: classes ``[N]``, or vectors ``[N, 1 or 2]``.

        Raises UserError for images of another shape than the training set's.
        """
        if tuple(images.shape[1:]) != self.train.shape:
            raise UserError(
                f"the factor predictor needs images of shape {list(self.train.shape)}, "
                f"not {list(images.shape[1:])}"
            )
        batches = torch.split(images, BATCH_SIZE)
        normalised = torch.cat([self.network(self.train.from_data(batch)) for batch in batches])
        outputs = normalised * self.network.scales + self.network.means
        by_factor = torch.split(outputs, [factor.size for factor in self.factors], 1)
        return {
            factor.name: output.argmax(1) if factor.is_class else output
            for factor, output in zip(self.factors, by_factor, strict=True)
        }


class FactorNetwork(nn.Module):
    """Three strided convolutions that each halve the resolution, then two linear layers without pooling.

    Images ``[N, C, H, W]`` in [-1, 1] are mapped to ``[N, outputs]``: logits, and vectors that are normalised by the
    buffers ``means`` and ``scales`` of their targets.
    """

    means: Tensor
    scales: Tensor

    def __init__(self, shape: tuple[int, ...], outputs: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for in_channels, out_channels in pairwise((shape[0], *WIDTHS)):
            layers += [
                nn.Conv2d(in_channels, out_channels, 3, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(out_channels),
                nn.ReLU(inplace=True),
            ]
        height, width = (-(-length // 2 ** len(WIDTHS)) for length in shape[1:])
        self.layers = nn.Sequential(
            *layers,
            nn.Flatten(),
            nn.Linear(WIDTHS[-1] * height * width, HIDDEN),
            nn.ReLU(inplace=True),
            nn.Linear(HIDDEN, outputs),
        )
        self.register_buffer("means", torch.zeros(outputs))
        self.register_buffer("scales", torch.ones(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Return normalised outputs ``[N, outputs]``."""
        outputs: Tensor = self.layers(x)
        return outputs


def load_or_train_factor_predictor(
    train: FactorDataset,
    test: FactorDataset,
    training: FactorTraining | None = None,
    *,
    note: Notify = print_note,
) -> FactorPredictor:
    """Return the factor predictor of a data set, from ``cache_folder()/readers`` or trained now.

    On one machine the weights are bit-identical. A damaged cache file is replaced; a folder that is not writable
    causes a warning.

    Args:
        train: The training set.
        test: The held-out items for evaluation.
        training: The training settings.
        note: Receives progress messages.

    Raises:
        UserError: The data sets hold no images, or images of different sizes.
    """
    if train.info.kind != "image" or train.info.shape != test.info.shape:
        raise UserError(
            "a factor predictor needs two data sets of images of one size, "
            f"not '{train.info.name}' and '{test.info.name}'"
        )
    training = training or FactorTraining()
    targets = factor_targets(train, torch.arange(train.info.size))
    factors = infer_factors(targets)
    path = factor_predictor_path(train.info, training)
    state = read_tensors(path)
    if state is None:
        state = _train_and_cache(train, targets, factors, training, path, note)
    # The random initial weights are replaced at once and must not advance the caller's random state.
    with torch.random.fork_rng(devices=[]):
        network = FactorNetwork(train.info.shape, sum(factor.size for factor in factors))
    network.load_state_dict(state)
    digest = hashlib.sha256(b"".join(value.numpy().tobytes() for _, value in sorted(state.items())))
    return FactorPredictor(
        network=network.eval().requires_grad_(False),
        factors=factors,
        train=train.info,
        test=test,
        weights_sha256=digest.hexdigest(),
    )


def factor_predictor_path(train: DataInfo, training: FactorTraining) -> Path:
    """Return the weights file for this data set and these settings."""
    key = [FORMAT, WIDTHS, HIDDEN, train.fingerprint, training.record]
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
    return cache_folder() / "readers" / f"{file_stem(train.name, separators=': ')}-{digest[:24]}.safetensors"


def train_factor_network(
    train: FactorDataset,
    targets: Mapping[str, Tensor],
    factors: tuple[Factor, ...],
    training: FactorTraining,
) -> FactorNetwork:
    """Return a network trained on the targets of all items; call it within :func:`deterministic`."""
    network = FactorNetwork(train.info.shape, sum(factor.size for factor in factors))
    means, scales = zip(*(_mean_and_std(factor, targets[factor.name]) for factor in factors), strict=True)
    network.means.copy_(torch.cat(means))
    network.scales.copy_(torch.cat(scales))
    normalised = {
        factor.name: targets[factor.name] if factor.is_class else (targets[factor.name] - mean) / scale
        for factor, mean, scale in zip(factors, means, scales, strict=True)
    }

    def batch_loss(index: Tensor) -> Tensor:
        outputs = network(train.info.from_data(train.items(index)))
        return factor_loss(factors, outputs, {name: values[index] for name, values in normalised.items()})

    train_network(network, training, train.info.size, batch_loss)
    return network


def _train_and_cache(
    train: FactorDataset,
    targets: Mapping[str, Tensor],
    factors: tuple[Factor, ...],
    training: FactorTraining,
    path: Path,
    note: Notify,
) -> dict[str, Tensor]:
    note(f"training a factor predictor of '{train.info.name}', once; it is cached at {path}")
    start = time.monotonic()
    with deterministic(training.seed):
        state = train_factor_network(train, targets, factors, training).state_dict()
    note(f"the factor predictor of '{train.info.name}' is trained ({time.monotonic() - start:.0f} s)")
    try:
        write_tensors(path, state)
    except OSError as error:
        warnings.warn(
            f"the factor predictor is not cached, cannot write {path.parent}: {error.strerror}", stacklevel=3
        )
    return state


def _mean_and_std(factor: Factor, values: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and standard deviation of a vector's components; 0 and 1 for the logits of classes."""
    if factor.is_class:
        return torch.zeros(factor.size), torch.ones(factor.size)
    return values.mean(0), values.std(0, correction=0).clamp(min=1e-6)
