"""Building blocks of a self-contained HTML page: escaped text, tables, images, charts, and the page itself."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from importlib import resources

from ganbench.report.chart import MAX_BUCKETS, Chart

PLOT_CLASS = 'class="plot"'  # of images that dark mode inverts: black on white, unlike samples
_SCRIPTS = ("charts.js", "timeline.js", "frame.js")


def escape(value: object) -> str:
    """Return the value as text for a page or an attribute, with all markup escaped."""
    return html.escape(str(value))


def table(head: Sequence[str], rows: Sequence[Sequence[object]], caption: str = "") -> str:
    """Return a table; the first cell of each row is its heading."""
    caption = f"<caption>{escape(caption)}</caption>" if caption else ""
    top = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    lines = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>{"".join(f"<td>{_cell(c)}</td>" for c in row[1:])}</tr>'
        for row in rows
    )
    content = f"{caption}{f'<thead><tr>{top}</tr></thead>' if head else ''}<tbody>{lines}</tbody>"
    return f'<div class="wide" tabindex="0" role="group" aria-label="table"><table>{content}</table></div>'


class Markup(str):
    """Text that is already HTML."""

    __slots__ = ()


def _cell(value: object) -> str:
    """Return a cell's content: markup unchanged, anything else escaped."""
    return value if isinstance(value, Markup) else escape(value)


def details(summary: str, content: str) -> Markup:
    """Return a part that opens on demand; ``content`` is HTML."""
    return Markup(f"<details><summary>{escape(summary)}</summary>{content}</details>")


def code_block(value: str) -> Markup:
    """Return preformatted text in a box."""
    return Markup(f'<pre tabindex="0">{escape(value)}</pre>')


def image(data: bytes, kind: str, alt: str, attributes: str = "") -> str:
    """Return an image (``kind`` is png, webp or gif) that is embedded in the page, with its alternative text."""
    encoded = base64.b64encode(data).decode()
    return f'<img alt="{escape(alt)}" {attributes} src="data:image/{kind};base64,{encoded}">'


def chart(data: Chart, max_buckets: int = MAX_BUCKETS) -> str:
    """Return an interactive chart, thinned to ``max_buckets``, with a text description below it."""
    encoded = json.dumps(data.to_dict(max_buckets), separators=(",", ":")).replace("<", "\\u003c")
    return (
        f'<figure class="chart"><figcaption><b>{escape(data.title)}</b></figcaption>'
        f'<script type="application/json">{encoded}</script>'
        f'<details class="words"><summary>as text</summary><p>{escape(data.describe())}</p></details></figure>'
    )


def section(title: str, content: str) -> str:
    """Return a section under a heading; nothing if the content is empty."""
    return f"<section><h2>{escape(title)}</h2>{content}</section>" if content else ""


def sections(contents: Mapping[str, str]) -> str:
    """Return the nonempty sections by title, after a list of links to them."""
    nonempty = {title: content for title, content in contents.items() if content}
    links = "".join(f'<li><a href="#part-{i}">{escape(title)}</a></li>' for i, title in enumerate(nonempty))
    body = "".join(
        section(title, content).replace("<section>", f'<section id="part-{i}">', 1)
        for i, (title, content) in enumerate(nonempty.items())
    )
    return f'<nav aria-label="contents"><ul>{links}</ul></nav>{body}'


def key_value_table(values: Mapping[str, object]) -> str:
    """Return a table of names and values."""
    return table([], list(values.items()))


def page(title: str, body: str) -> str:
    """Return the whole page with its style and scripts; its content security policy forbids any other source."""
    assets = resources.files("ganbench.report") / "assets"
    style = (assets / "page.css").read_text(encoding="utf-8")
    scripts = [(assets / name).read_text(encoding="utf-8") for name in _SCRIPTS]
    hashes = " ".join(map(policy_hash, scripts))
    policy = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {hashes}"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,"><title>{escape(title)}</title><style>{style}</style></head>'
        f"<body><main>{body}</main>{''.join(f'<script>{script}</script>' for script in scripts)}</body></html>\n"
    )


def policy_hash(text: str) -> str:
    """Return the hash of a script or style as a content security policy names it: ``'sha256-...'``."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
