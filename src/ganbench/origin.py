"""What the record of a score says of its samples: whose they are, and how they were drawn."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from typing import Any

import torch

from ganbench.data.base import Dataset
from ganbench.metrics.record import versions
from ganbench.model import Model, Purpose

QUANTISED = "uint8: (x + 1) * 127.5, rounded to even, clamped to 0..255"


def of_model(model: Model, seed: int, purpose: Purpose, which: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record of a model's samples; ``which`` says which checkpoint it is.

    ``generator`` tells what was scored. ``sampling`` is how, and part of what scores are compared by: a run's own
    weights are the averaged ones where it keeps an average, as its recipe says, so that recipes with and without
    one compare; live weights in spite of an average are another way of measuring.
    """
    spurned = model.keeps_average and model.weights == "live"
    return {
        "generator": {
            "step": model.step,
            "seed": seed,
            "samples_for": "report" if purpose == "sample" else purpose,
            "weights": model.weights,
            **which,
        },
        "sampling": {
            "weights": "live, though an average is kept" if spurned else "the run's own",
            "truncation": None,
            "labels": "each class in turn" if model.classes else "none: the model has no classes",
            "normalisation": "eval: running statistics",
            **({"made_of": _items(model.items)} if getattr(model.algorithm, "from_items", False) else {}),
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
