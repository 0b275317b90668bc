"""Pictures in a page, and their captions: as they are, or as WebP where they are large."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image

from ganbench.report.html import image, text
from ganbench.report.page_budget import PageBudget
from ganbench.report.timeline import webp

_MOST_NAMES = 20  # above the columns; more do not fit
#: How wide and how good a WebP is tried in turn.
_SMALLER = ((1600, 90), (1000, 80), (600, 65), (300, 50))


def figure(
    picture: bytes, words: str, room: PageBudget, *, caption: str = "", columns: Sequence[str] = ()
) -> str:
    """Return a PNG in a figure, with ``words`` in its place for those who cannot see it.

    ``columns`` are written above it, each over its share of the width; if they are many, below it in a row.

    Raises:
        OSError, ValueError: the picture is damaged.
    """
    held = _held(picture, room)
    if held is None:
        room.note(f"Left out: {words}")
        return ""
    named = ""
    if 1 < len(columns) <= _MOST_NAMES:
        cells = "".join(f"<span>{text(name)}</span>" for name in columns)
        named = f'<div class="columns" aria-hidden="true">{cells}</div>'
    elif columns:
        caption += f" The columns are: {', '.join(columns)}."
    below = f"<figcaption>{text(caption)}</figcaption>" if caption else ""
    return f'<figure class="picture"><div class="fitting">{named}{image(*held, words)}</div>{below}</figure>'


def _held(picture: bytes, room: PageBudget) -> tuple[bytes, str] | None:
    """Return the picture as the page holds it and its format; None where there is no room for it."""
    with Image.open(io.BytesIO(picture)) as opened:
        opened.load()
        if len(picture) <= room.picture:
            return picture, "png"
        for width, quality in _SMALLER:
            made = webp(opened, width, quality)
            if len(made) <= room.picture:
                return made, "webp"
    return None
