"""File names from free text: short enough for every file system, and different for different text."""

from __future__ import annotations

import hashlib
import re

_KEPT = "-@._"  # besides letters and digits
_DEVICES = re.compile(r"(CON|PRN|AUX|NUL|COM[0-9]|LPT[0-9])(\..*)?", re.IGNORECASE)


def file_stem(text: str, *, separators: str = "", limit: int = 60) -> str:
    """Return a name for text: its letters and digits, with dashes for everything else.

    If that loses anything or is longer than ``limit`` bytes, a hash of the text is appended, so that different text has
    different names. Names that Windows reserves, such as ``con``, become their hash.

    Args:
        text: The text.
        separators: Characters that become dashes without being counted as lost.
        limit: The number of bytes without the hash.

    Example:
        >>> file_stem("held_out-1"), file_stem("fd[pixels@2]", separators="[]")
        ('held_out-1', 'fd-pixels@2')
        >>> file_stem("pictures/held out")
        'pictures-held-out-6aae9b7e'
    """
    lossless = all(c.isalnum() or c in _KEPT or c in separators for c in text)
    name = "-".join("".join(c if c.isalnum() or c in _KEPT else " " for c in text).split())
    short = _cut(name, limit)
    if lossless and short == name and name[-1:] not in ("", ".") and not is_device(name):
        return name
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:8]
    stem = "" if is_device(short) else short.strip(".")
    return f"{stem}-{digest}".lstrip("-")


def is_device(name: str) -> bool:
    """Return whether Windows takes a name for a device, with any ending, and so cannot have such a file."""
    return _DEVICES.fullmatch(name) is not None


def _cut(text: str, limit: int) -> str:
    """Return the start of a text that has at most ``limit`` bytes in UTF-8."""
    return text.encode(errors="replace")[:limit].decode(errors="ignore")
