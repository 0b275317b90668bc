"""A small network that reads the factors of drawn pictures: trained here once on real ones, kept on disk."""

from __future__ import annotations

import hashlib
import json
import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn

from ganbench.data.base import DataInfo
from ganbench.errors import UserError
from ganbench.metrics.classes.classifier import CHUNK, deterministic
from ganbench.metrics.disentanglement.factors import (
    Factor,
    Factored,
    belief_loss,
    factors_in,
    known_factors,
    quality,
)
from ganbench.metrics.features.cached_tensors import read_tensors, write_tensors
from ganbench.metrics.score import JSON
from ganbench.utils.paths import cache_folder
from ganbench.utils.progress import Note, print_note

FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class FactorPredictor:
    """A trained network in eval mode, which learnt from ``train`` and is judged on ``test``."""

    network: FactorNetwork
    factors: tuple[Factor, ...]
    train: DataInfo
    test: Factored
    weights_sha256: str

    @cached_property
    def quality(self) -> Mapping[str, float]:
        """How well each factor is read from the test items: the share of right classes, or R²."""
        everything = torch.arange(self.test.info.size)
        return quality(known_factors(self.test, everything), self(self.test.items(everything)))

    @property
    def record(self) -> dict[str, JSON]:
        """Say on what it was trained, and how well it reads what it was not trained on."""
        return {
            "data": self.train.name,
            "fingerprint": self.train.fingerprint,
            "held_out_quality": {name: round(value, 4) for name, value in self.quality.items()},
            "held_out_items": self.test.info.size,
            "weights_sha256": self.weights_sha256,
        }

    @torch.no_grad()
    def __call__(self, images: Tensor) -> dict[str, Tensor]:
        """Return each factor of uint8 pictures ``[N, C, H, W]``: class numbers ``[N]``, or vectors ``[N, 1 or 2]``.

        Raises UserError for pictures of another shape than those it was trained on.
        """
        if tuple(images.shape[1:]) != self.train.shape:
            raise UserError(
                f"factors are read from pictures of shape {list(self.train.shape)}, not {list(images.shape[1:])}"
            )
        parts = [self.network(self.train.from_data(part)) for part in torch.split(images, CHUNK)]
        belief = torch.cat(parts) * self.network.scales + self.network.means
        own = torch.split(belief, [factor.size for factor in self.factors], 1)
        return {
            f.name: part.argmax(1) if f.is_class else part for f, part in zip(self.factors, own, strict=True)
        }


def factor_predictor(
    train: Factored, test: Factored, lessons: FactorTraining | None = None, *, note: Note = print_note
) -> FactorPredictor:
    """Return the reader of a set's factors, from ``cache_folder()/readers`` or trained now.

    It learns from ``train`` and is judged on ``test``. On one machine the weights are the same, bit for bit, whoever
    trains it. A damaged file is trained anew; a folder that cannot be written is a warning.

    Raises:
        UserError: the sets hold no pictures, or pictures of different sizes.
    """
    if train.info.kind != "image" or train.info.shape != test.info.shape:
        raise UserError(
            f"factors are read from pictures of one size, not from those of '{train.info.name}' and '{test.info.name}'"
        )
    lessons = lessons or FactorTraining()
    known = known_factors(train, torch.arange(train.info.size))
    factors = factors_in(known)
    path = reader_path(train.info, lessons)
    state = read_tensors(path)
    if state is None:
        state = _teach_and_keep(train, known, factors, lessons, path, note)
    with torch.random.fork_rng(devices=[]):  # first weights, replaced at once, are no draw of the caller's
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


def reader_path(train: DataInfo, lessons: FactorTraining) -> Path:
    """Return the weights' file for these data and this way of training."""
    key = [FORMAT, WIDTHS, HIDDEN, train.fingerprint, asdict(lessons)]
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
    return cache_folder() / "readers" / f"{train.name}-{digest[:24]}.safetensors"


def _teach_and_keep(
    train: Factored,
    known: Mapping[str, Tensor],
    factors: tuple[Factor, ...],
    lessons: FactorTraining,
    path: Path,
    note: Note,
) -> dict[str, Tensor]:
    note(f"training a reader of the factors of '{train.info.name}', once; it is kept at {path}")
    start = time.monotonic()
    with deterministic(lessons.seed):
        state = taught(train, known, factors, lessons).state_dict()
    note(f"the reader of the factors of '{train.info.name}' is trained ({time.monotonic() - start:.0f} s)")
    try:
        write_tensors(path, state)
    except OSError as error:
        warnings.warn(f"the reader is not kept, cannot write {path.parent}: {error.strerror}", stacklevel=3)
    return state


@dataclass(frozen=True, kw_only=True)
class FactorTraining:
    """How a reader is trained: AdamW, a rate that rises to ``rate`` in the first fifth and then falls to 0.

    ``shown`` counts pictures.
    """

    shown: int = 160_000
    batch: int = 128
    rate: float = 4e-3
    decay: float = 0.01
    seed: int = 0


def taught(
    train: Factored, known: Mapping[str, Tensor], factors: tuple[Factor, ...], lessons: FactorTraining
) -> FactorNetwork:
    """Return a network that was shown the pictures of a set; random numbers are torch's own."""
    network = FactorNetwork(train.info.shape, sum(factor.size for factor in factors))
    means, scales = zip(*(_spread(factor, known[factor.name]) for factor in factors), strict=True)
    network.means.copy_(torch.cat(means))
    network.scales.copy_(torch.cat(scales))
    scaled = {
        factor.name: known[factor.name] if factor.is_class else (known[factor.name] - mean) / scale
        for factor, mean, scale in zip(factors, means, scales, strict=True)
    }
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.0, weight_decay=lessons.decay)
    steps = max(1, lessons.shown // lessons.batch)
    for step, index in zip(range(steps), _batches(train.info.size, lessons.batch), strict=False):
        for group in optimizer.param_groups:
            group["lr"] = lessons.rate * min((step + 1) / (0.2 * steps), (steps - step) / (0.8 * steps))
        belief = network(train.info.from_data(train.items(index)))
        optimizer.zero_grad(set_to_none=True)
        belief_loss(factors, belief, {name: values[index] for name, values in scaled.items()}).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return network


def _batches(size: int, batch: int) -> Iterator[Tensor]:
    """Yield the items of one batch after another, every epoch in another order."""
    while True:
        yield from torch.split(torch.randperm(size), batch)


def _spread(factor: Factor, values: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean and the deviation of a vector's numbers; 0 and 1 for the logits of classes."""
    if factor.is_class:
        return torch.zeros(factor.size), torch.ones(factor.size)
    return values.mean(0), values.std(0, correction=0).clamp(min=1e-6)


WIDTHS = (24, 48, 96)
HIDDEN = 128


class FactorNetwork(nn.Module):
    """Three convolutions, each of which halves the map, then two layers: places are kept until the end.

    Pictures ``[N, C, H, W]`` in [-1, 1] become beliefs ``[N, outputs]``. ``means`` and ``scales`` are those of what is
    to be read, so that the last layer's numbers are about 1.
    """

    means: Tensor
    scales: Tensor

    def __init__(self, shape: tuple[int, ...], outputs: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in pairwise((shape[0], *WIDTHS)):
            layers += [
                nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(inplace=True),
            ]
        side = [-(-length // 2 ** len(WIDTHS)) for length in shape[1:]]
        self.layers = nn.Sequential(
            *layers,
            nn.Flatten(),
            nn.Linear(WIDTHS[-1] * side[0] * side[1], HIDDEN),
            nn.ReLU(inplace=True),
            nn.Linear(HIDDEN, outputs),
        )
        self.register_buffer("means", torch.zeros(outputs))
        self.register_buffer("scales", torch.ones(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Return beliefs ``[N, outputs]``: logits, and numbers in units of their deviation."""
        belief: Tensor = self.layers(x)
        return belief
