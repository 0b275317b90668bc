"""What a browser may say and be told: ids instead of paths, and text that can be shown whatever it was."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import PurePath

_ID = re.compile("[0-9a-f]{12}")


def id_of(relative: PurePath) -> str:
    """Return the id by which a browser asks for a folder: twelve hexadecimal digits, the same for the same path."""
    return hashlib.sha256(os.fsencode(relative)).hexdigest()[:12]


def ids_in(text: str, most: int = 8) -> list[str]:
    """Return the ids in a list with commas, each once; what is no id is passed over."""
    return [word for word in dict.fromkeys(text.split(",")) if _ID.fullmatch(word)][:most]


def shown(value: object, most: int = 500) -> str:
    """Return text that any page can hold: nothing unprintable (halves of characters, reversals), not endless."""
    text = value if isinstance(value, str) else str(value)
    plain = "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text[: most + 1])
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"
