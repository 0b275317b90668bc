"""Edit a JSON file of a run by hand, as a user would: the checksum is deleted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ganbench.utils.files import read_json, write_json


def edit_json(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Apply a function that changes the value of a JSON file in place."""
    value = read_json(path)
    change(value)
    write_json(path, value)
