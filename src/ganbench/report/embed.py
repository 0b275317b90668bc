"""Embed PNG figures with captions in a page; large ones become WebP."""

from __future__ import annotations

from collections.abc import Sequence

from ganbench.data.io.decode import decode_image
from ganbench.report.html import PLOT_CLASS, escape, image
from ganbench.report.page_budget import PageBudget
from ganbench.report.timeline import encode_webp
from ganbench.visualization.figure import is_plot

_MAX_HEADER_COLUMNS = 20  # names above the columns; more do not fit
#: Width in pixels and quality of a WebP, tried in this order until it is small enough.
_WEBP_SETTINGS = ((1600, 90), (1000, 80), (600, 65), (300, 50))


def embed_figure(
    picture: bytes, alt: str, budget: PageBudget, *, caption: str = "", columns: Sequence[str] = ()
) -> str:
    """Return a PNG as an HTML figure, or nothing if it does not fit into the budget.

    Args:
        picture: the PNG.
        alt: the alternative text.
        budget: limits the size; notes an omitted figure.
        caption: the text below the figure.
        columns: names above equal shares of the width; many names are listed in the caption instead.

    Raises:
        BrokenImageError: the picture is damaged or above 64 megapixels.
    """
    encoded = _encode(picture, budget)
    if encoded is None:
        budget.note(f"Omitted: {alt}")
        return ""
    header = ""
    if 1 < len(columns) <= _MAX_HEADER_COLUMNS:
        cells = "".join(f"<span>{escape(name)}</span>" for name in columns)
        header = f'<div class="columns" aria-hidden="true">{cells}</div>'
    elif columns:
        caption += f" The columns are: {', '.join(columns)}."
    below = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    content = image(*encoded, alt, PLOT_CLASS if is_plot(picture) else "")
    return f'<figure class="picture"><div class="fitting">{header}{content}</div>{below}</figure>'


def _encode(picture: bytes, budget: PageBudget) -> tuple[bytes, str] | None:
    """Return the encoded picture and its format; None if it does not fit into the budget."""
    decoded = decode_image(picture, ("PNG",)).image
    if len(picture) <= budget.image_bytes:
        return picture, "png"
    for width, quality in _WEBP_SETTINGS:
        webp = encode_webp(decoded, width, quality)
        if len(webp) <= budget.image_bytes:
            return webp, "webp"
    return None
