"""What differs between two settings or two records, by the dotted names of the fields."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_ABSENT = object()


def differing(mine: Any, theirs: Any, path: str = "") -> dict[str, tuple[Any, Any]]:
    """Return the dotted paths at which two JSON values differ, with what stands there; None where nothing does."""
    if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
        found: dict[str, tuple[Any, Any]] = {}
        for key in sorted({*mine, *theirs}):
            inner = f"{path}.{key}" if path else key
            found |= differing(mine.get(key, _ABSENT), theirs.get(key, _ABSENT), inner)
        return found
    mine, theirs = (None if v is _ABSENT else v for v in (mine, theirs))
    return {} if mine == theirs else {path: (mine, theirs)}


def in_words(found: Mapping[str, tuple[Any, Any]], before: str, after: str) -> str:
    """Say each difference: ``schedule.steps was 20, now 30`` for before "was" and after "now"."""
    return "; ".join(f"{k} {before} {_short(a)}, {after} {_short(b)}" for k, (a, b) in found.items())


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
