"""The page at ``/``: one HTML file with its style and script, whose policy allows nothing else."""

from __future__ import annotations

from importlib import resources

from ganbench.report.html import policy_hash
from ganbench.visualization.figure import FAKE, REAL

_SCRIPTS = ("plane.js", "drawing.js", "curves.js", "main.js")


def render_page() -> str:
    """Return the page. It may load nothing, and connect to its own server only."""
    assets = resources.files("ganbench.playground") / "assets"
    body = (assets / "playground.html").read_text(encoding="utf-8")
    style = (assets / "playground.css").read_text(encoding="utf-8")
    style = style.replace("REAL", REAL).replace("FAKE", FAKE)
    script = "".join((assets / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    policy = (
        f"default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; connect-src 'self'; "
        f"style-src {policy_hash(style)}; script-src {policy_hash(script)}"
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer"><link rel="icon" href="data:,">'
        f"<title>ganbench: 2-D playground</title><style>{style}</style></head>"
        f"<body>{body}<script>{script}</script></body></html>\n"
    )
