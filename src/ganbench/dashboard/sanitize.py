"""Sanitize the input from a browser and the text it displays: ids in place of paths, and printable text."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import PurePath

_ID = re.compile("[0-9a-f]{12}")


def folder_id(relative: PurePath) -> str:
    """Return the id that a browser uses for a folder: twelve hexadecimal digits that depend on its path only."""
    return hashlib.sha256(os.fsencode(relative)).hexdigest()[:12]


def parse_ids(text: str, max_count: int = 8) -> list[str]:
    """Return the distinct ids in a comma-separated list, ignoring everything that is not an id."""
    return [word for word in dict.fromkeys(text.split(",")) if _ID.fullmatch(word)][:max_count]


def printable(value: object, max_length: int = 500) -> str:
    """Return a value as text that any page can show.

    Longer text is cut off. Characters that cannot be printed (lone surrogates, text direction marks) become U+FFFD.
    """
    text = value if isinstance(value, str) else str(value)
    clean = "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text[: max_length + 1])
    return clean if len(clean) <= max_length else f"{clean[: max_length - 1]}…"
