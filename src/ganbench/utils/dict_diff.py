"""Find where two nested dicts differ, by the dotted paths of their fields."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_ABSENT = object()


def find_differences(a: Any, b: Any, path: str = "") -> dict[str, tuple[Any, Any]]:
    """Return the dotted paths at which two JSON values differ, with both values; None for a missing one."""
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        differences: dict[str, tuple[Any, Any]] = {}
        for key in sorted({*a, *b}):
            inner = f"{path}.{key}" if path else key
            differences |= find_differences(a.get(key, _ABSENT), b.get(key, _ABSENT), inner)
        return differences
    a, b = (None if value is _ABSENT else value for value in (a, b))
    return {} if a == b else {path: (a, b)}


def format_differences(differences: Mapping[str, tuple[Any, Any]], before: str, after: str) -> str:
    """Return the differences as text: ``schedule.steps was 20, now 30`` for ``before="was"``, ``after="now"``."""
    return "; ".join(f"{k} {before} {_short(a)}, {after} {_short(b)}" for k, (a, b) in differences.items())


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
