"""Keep what a test counted: printed, and merged into the JSON file that ``$GANBENCH_MEASURED`` names, if it is set."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ganbench.utils.files import write_json


def times(kept: int, otherwise: int) -> int:
    """How often to try: ``kept`` times where the numbers are kept, fewer where a test need only be able to fail."""
    return kept if os.environ.get("GANBENCH_MEASURED") else otherwise


def measured(what: str, **numbers: float) -> None:
    """Keep the numbers under a name. The file has one writer: run such tests without ``-n``."""
    print(f"{what}: {numbers}")
    if name := os.environ.get("GANBENCH_MEASURED"):
        path = Path(name)
        kept = json.loads(path.read_text()) if path.exists() else {}
        write_json(path, {**kept, what: numbers})
