"""A new run: its folder, and the metadata that say how it began."""

from __future__ import annotations

import datetime
import itertools
from pathlib import Path
from typing import Any

from ganbench.data.base import Dataset
from ganbench.inference.build import FirstWeights
from ganbench.metrics.record import versions
from ganbench.training.engine import Engine


def unused_folder(name: str, seed: int) -> Path:
    """Return the folder below ``runs`` for a recipe's name and a seed, with a number appended if it exists."""
    base = Path("runs") / f"{name}-seed{seed}"
    numbered = (base.with_name(f"{base.name}-{i}") for i in itertools.count(2))
    return next(p for p in itertools.chain([base], numbered) if not p.exists())


def run_metadata(
    dataset: Dataset, engine: Engine, seed: int, reasons: tuple[str, ...], first: FirstWeights
) -> dict[str, Any]:
    """Return a run's metadata: versions, seed, time, data, machine, and what it started from."""
    return {
        **versions("ganbench"),
        "seed": seed,
        **({"chosen": list(reasons)} if reasons else {}),
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "data": dataset.info.to_dict(),
        "machine": dict(engine.describe()),
        **({"pretrained": dict(first.digests)} if first.digests else {}),
        **({"warm_start": list(first.notes)} if first.notes else {}),
    }
