"""Pieces of a page that needs nothing but itself: escaped text, tables, pictures, charts, and the page around them."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from importlib import resources

from ganbench.report.chart import MOST, Chart

_ASSETS = ("charts.js", "timeline.js", "frame.js")


def text(value: object) -> str:
    """Return the value as text of a page or of an attribute: nothing in it is markup."""
    return html.escape(str(value))


def table(head: Sequence[str], rows: Sequence[Sequence[object]], caption: str = "") -> str:
    """Return a table; the first cell of each row is its heading."""
    said = f"<caption>{text(caption)}</caption>" if caption else ""
    top = "".join(f'<th scope="col">{text(cell)}</th>' for cell in head)
    lines = "".join(
        f'<tr><th scope="row">{text(row[0])}</th>{"".join(f"<td>{cell_of(c)}</td>" for c in row[1:])}</tr>'
        for row in rows
    )
    body = f"{said}{f'<thead><tr>{top}</tr></thead>' if head else ''}<tbody>{lines}</tbody>"
    return f'<div class="wide" tabindex="0" role="group" aria-label="table"><table>{body}</table></div>'


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


def cell_of(value: object) -> str:
    """Return a cell's content: markup as it is, anything else as text."""
    return value if isinstance(value, Markup) else text(value)


def details(summary: str, inside: str) -> Markup:
    """Return a part that opens on demand; ``inside`` is markup."""
    return Markup(f"<details><summary>{text(summary)}</summary>{inside}</details>")


def source(value: str) -> Markup:
    """Return text as it stands, in a box."""
    return Markup(f'<pre tabindex="0">{text(value)}</pre>')


def image(picture: bytes, kind: str, words: str, attributes: str = "") -> str:
    """Return a picture (``kind`` is png, webp or gif) that the page itself holds, with its alternative text."""
    data = base64.b64encode(picture).decode()
    return f'<img alt="{text(words)}" {attributes} src="data:image/{kind};base64,{data}">'


def chart(drawn: Chart, most: int = MOST) -> str:
    """Return an interactive chart, its lines thinned to ``most`` stretches; its content stands below it in words."""
    data = json.dumps(drawn.to_dict(most), separators=(",", ":")).replace("<", "\\u003c")
    return (
        f'<figure class="chart"><figcaption><b>{text(drawn.title)}</b></figcaption>'
        f'<script type="application/json">{data}</script>'
        f'<details class="words"><summary>in words</summary><p>{text(drawn.in_words())}</p></details></figure>'
    )


def section(title: str, inside: str) -> str:
    """Return a section under a heading, or nothing if nothing is in it."""
    return f"<section><h2>{text(title)}</h2>{inside}</section>" if inside else ""


def sections(parts: Mapping[str, str]) -> str:
    """Return sections by title, without those in which nothing is, and before them a list of links to them."""
    shown = {title: inside for title, inside in parts.items() if inside}
    links = "".join(f'<li><a href="#part-{i}">{text(title)}</a></li>' for i, title in enumerate(shown))
    made = "".join(
        section(title, inside).replace("<section>", f'<section id="part-{i}">', 1)
        for i, (title, inside) in enumerate(shown.items())
    )
    return f'<nav aria-label="contents"><ul>{links}</ul></nav>{made}'


def facts(pairs: Mapping[str, object]) -> str:
    """Return names and what they are, in two columns."""
    return table([], list(pairs.items()))


def page(title: str, body: str) -> str:
    """Return the whole page, its style and scripts inside; a policy in it forbids every other source and script."""
    assets = resources.files("ganbench.report") / "assets"
    style = (assets / "page.css").read_text()
    code = [(assets / name).read_text() for name in _ASSETS]
    scripts = "".join(f"<script>{one}</script>" for one in code)
    own = " ".join(f"'sha256-{_digest(one)}'" for one in code)
    policy = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {own}"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,"><title>{text(title)}</title><style>{style}</style></head>'
        f"<body><main>{body}</main>{scripts}</body></html>\n"
    )


def _digest(code: str) -> str:
    return base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
