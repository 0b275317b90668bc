"""Record what a test counted: print it, and merge it into the JSON file named by ``$GANBENCH_MEASURED``, if set."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ganbench.utils.files import write_json


def repetitions(recorded: int, otherwise: int) -> int:
    """Return how often to repeat a test: ``recorded`` times if its results are recorded, else ``otherwise``."""
    return recorded if os.environ.get("GANBENCH_MEASURED") else otherwise


def record(name: str, **numbers: float) -> None:
    """Record numbers under a name. Run such tests without ``-n``, since the file must have only one writer."""
    print(f"{name}: {numbers}")
    if file := os.environ.get("GANBENCH_MEASURED"):
        path = Path(file)
        records = json.loads(path.read_text()) if path.exists() else {}
        write_json(path, {**records, name: numbers})
