"""The samples of a run as a data set, for other samples to be compared with."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ganbench.data.base import Batch, Dataset
from ganbench.errors import UserError
from ganbench.inference.model import Model, Purpose
from ganbench.metrics.record import versions
from ganbench.runs.run import Run
from ganbench.utils.random_stream import RandomStream

SIZE = 10_000


class Generated:
    """``size`` samples of a model, made when they are asked for; they are never those that a score is made of.

    Its fingerprint stands for the checkpoint, the weights, the seed and the number.
    """

    def __init__(self, model: Model, name: str, checkpoint: str, size: int = SIZE, seed: int = 0) -> None:
        self._model = model
        self._latents = model.latents(size, seed, "reference")
        key = f"{checkpoint} {model.weights} {seed} {size}"
        self.info = replace(
            model.info,
            name=f"run:{name} step {model.step}",
            size=size,
            split="generated",
            classes=(),
            fingerprint=hashlib.sha256(key.encode()).hexdigest()[:16],
        )

    def items(self, index: Tensor) -> Tensor:
        """Return the samples in the data's own units: uint8 ``[N, C, H, W]``, or float32 ``[N, D]``."""
        classes = len(self._model.classes)
        return self._model.decode(self._latents[index], index % classes if classes else None)

    def labels(self, index: Tensor) -> Tensor | None:
        """Return None: samples have no classes."""
        return None

    def batch(self, index: Tensor, draws: RandomStream) -> Batch:
        """Return the samples as networks see them."""
        return Batch(self.info.from_data(self.items(index)))


def generated_by(run: Run, model: Model, size: int = SIZE) -> Generated:
    """Return the samples of a run's model. Raises UserError if its checkpoint cannot be read."""
    path = run.checkpoints / f"step-{model.step:08d}" / "manifest.json"
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    return Generated(model, run.path.resolve().name, digest, size)


QUANTISED = "uint8: (x + 1) * 127.5, rounded to even, clamped to 0..255"


def of_model(model: Model, seed: int, purpose: Purpose, which: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record of a model's samples; ``which`` says which checkpoint it is.

    ``generator`` tells what was scored. ``sampling`` is how, and part of what scores are compared by: a run's own
    weights are the averaged ones where it keeps an average, as its recipe says, so that recipes with and without
    one compare; live weights in spite of an average are another way of measuring.
    """
    sampling = getattr(model.algorithm, "sampling", None)
    ema_ignored = model.keeps_average and model.weights == "live"
    return {
        "generator": {
            "step": model.step,
            "seed": seed,
            "samples_for": "report" if purpose == "sample" else purpose,
            "weights": model.weights,
            **which,
        },
        "sampling": {
            "weights": "live, though an average is kept" if ema_ignored else "the run's own",
            "truncation": None,
            "labels": "each class in turn" if model.classes else "none: the model has no classes",
            "normalisation": "eval: running statistics",
            **({"representations": sampling} if sampling is not None else {}),
            **(
                {"made_of": _items(model.items)}
                if getattr(model.algorithm, "needs_real_inputs", False)
                else {}
            ),
            "shape": list(model.info.shape),
            "quantised": QUANTISED if model.info.kind == "image" else None,
        },
        **_circumstances(),
    }


def of_items(items: Dataset, labelled: bool, read_as: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record of items of a data set; how pictures that it stands for were made is not known."""
    info = items.info
    return {
        "items": {
            "name": info.name,
            "fingerprint": info.fingerprint,
            "of": info.size,
            "split": info.split,
        },
        "sampling": {
            "order": "a random one, always the same",
            "labels": "the items' own" if labelled else "none",
            "shape": list(info.shape),
            "read_as": dict(read_as),
        },
        **_circumstances(),
    }


def _items(items: Dataset) -> dict[str, Any]:
    return {"name": items.info.name, "fingerprint": items.info.fingerprint, "split": items.info.split}


def _circumstances() -> dict[str, Any]:
    return {
        "versions": versions("ganbench", "torch", "numpy"),
        "machine": {"threads": torch.get_num_threads(), "platform": platform.platform()},
    }
