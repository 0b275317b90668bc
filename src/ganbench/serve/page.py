"""The page at ``/``: what the server's schema says, as one HTML file that loads nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
:root { color-scheme: light dark; }
h2 { font: 600 1.1rem ui-monospace, monospace; margin: 2rem 0 .3rem; }
p { margin: .3rem 0; }
td { vertical-align: top; padding: .15rem 1rem .15rem 0; }
code { font-family: ui-monospace, monospace; }
"""


def render_page(schema: Mapping[str, Any]) -> str:
    """Return the page for an OpenAPI schema."""
    info = schema["info"]
    sections = "".join(
        _section(path, method, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(info["title"])}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>'
        f"<h1>{escape(info['title'])}</h1><p>{escape(info['description'])} "
        'The schema for programs is <a href="openapi.json">openapi.json</a>.</p>'
        f"{sections}</body></html>"
    )


def _section(path: str, method: str, operation: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(text)}</td></tr>"
        for name, text in _parameters(operation)
    )
    link = escape(path.removeprefix("/") or ".")
    title = f'<a href="{link}">{escape(path)}</a>' if method == "get" else escape(path)
    return (
        f"<h2>{method.upper()} {title}</h2><p>{escape(operation.get('description', ''))}</p>"
        + f"<table>{rows}</table>" * bool(rows)
    )


def _parameters(operation: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if "requestBody" in operation:
        yield "images", "The images, as multipart/form-data."
    for parameter in operation.get("parameters", ()):
        schema = parameter["schema"]
        default = f" Default: {schema['default']}." if schema.get("default") not in (None, []) else ""
        yield parameter["name"], f"{parameter.get('description', '')}{default}"
