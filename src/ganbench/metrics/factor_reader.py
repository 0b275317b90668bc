"""A small network that reads the factors of drawn pictures: trained here once on real ones, kept on disk."""

from __future__ import annotations

import hashlib
import json
import time
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from ganbench.data.base import DataInfo
from ganbench.data.places import cache_folder
from ganbench.errors import UserError
from ganbench.metrics.base import JSON
from ganbench.metrics.classifier import CHUNK, Note, alone, tell
from ganbench.metrics.factor_lessons import Lessons, taught
from ganbench.metrics.factor_network import HIDDEN, WIDTHS, FactorNetwork
from ganbench.metrics.factors import Factor, Factored, factors_in, known_factors, quality
from ganbench.metrics.kept_tensors import read_tensors, write_tensors

FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class FactorReader:
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


def reader_of(
    train: Factored, test: Factored, lessons: Lessons | None = None, *, note: Note = tell
) -> FactorReader:
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
    lessons = lessons or Lessons()
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
    return FactorReader(
        network=network.eval().requires_grad_(False),
        factors=factors,
        train=train.info,
        test=test,
        weights_sha256=digest.hexdigest(),
    )


def reader_path(train: DataInfo, lessons: Lessons) -> Path:
    """Return the weights' file for these data and this way of training."""
    key = [FORMAT, WIDTHS, HIDDEN, train.fingerprint, asdict(lessons)]
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
    return cache_folder() / "readers" / f"{train.name}-{digest[:24]}.safetensors"


def _teach_and_keep(
    train: Factored,
    known: Mapping[str, Tensor],
    factors: tuple[Factor, ...],
    lessons: Lessons,
    path: Path,
    note: Note,
) -> dict[str, Tensor]:
    note(f"training a reader of the factors of '{train.info.name}', once; it is kept at {path}")
    start = time.monotonic()
    with alone(lessons.seed):
        state = taught(train, known, factors, lessons).state_dict()
    note(f"the reader of the factors of '{train.info.name}' is trained ({time.monotonic() - start:.0f} s)")
    try:
        write_tensors(path, state)
    except OSError as error:
        warnings.warn(f"the reader is not kept, cannot write {path.parent}: {error.strerror}", stacklevel=3)
    return state
