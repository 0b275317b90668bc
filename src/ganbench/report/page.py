"""One self-contained report.html about a run: what was run, scores, curves, samples through time."""

from __future__ import annotations

import base64
import html
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ganbench.runs import Run, write_bytes

_MOST_PICTURES = 12
_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; } td, th { padding: .2rem .8rem .2rem 0; text-align: left; vertical-align: top; }
img { max-width: 100%; background: #fff; } figure { margin: 0; }
.samples { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1rem; }
pre { overflow: auto; background: color-mix(in srgb, currentColor 8%, transparent); padding: 1rem; }
"""


def write_report(run: Run) -> Path:
    """Write ``report.html`` into the run folder and return its path; the page needs no network."""
    recipe, meta = _json(run.path / "recipe.json"), run.meta
    parts = [
        f"<h1>{_text(recipe['name'])}</h1><p>{_text(recipe['summary'])}</p>",
        _facts(run, recipe, meta),
        _scores(run),
        _curves(run),
        _samples(run),
        f"<h2>Recipe</h2><pre>{_text(json.dumps(recipe, indent=1))}</pre>",
    ]
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_text(recipe['name'])}</title><style>{_STYLE}</style><body>{''.join(parts)}</body></html>\n"
    )
    path = run.path / "report.html"
    write_bytes(path, page.encode())
    return path


def _facts(run: Run, recipe: Mapping[str, Any], meta: Mapping[str, Any]) -> str:
    steps = run.checkpoint_steps()
    data, machine = meta["data"], meta["machine"]
    facts = {
        "steps": f"{steps[0] if steps else 0} of {recipe['schedule']['steps']}, batch {recipe['schedule']['batch']}",
        "data": f"{data['name']}, {data['size']} items, fingerprint {data['fingerprint']}",
        "seed": meta["seed"],
        "machine": f"{machine['device']}, {machine['threads']} threads, {machine['processes']} processes",
        "versions": f"ganbench {meta['ganbench']}, torch {machine['torch']}, Python {machine['python']}",
        "papers": "; ".join(f"{p['title']} ({p['year']}), arXiv {p['arxiv']}" for p in recipe["papers"]),
    }
    return _table([], [[name, value] for name, value in facts.items()])


def _scores(run: Run) -> str:
    scores = [_json(path) for path in sorted(run.eval.glob("*.json"))]
    rows = [
        [
            s["name"],
            f"{s['value']:.4g}",
            s["better"],
            s["measured"].get("samples"),
            json.dumps(s["details"]),
            json.dumps(s["measured"]),
        ]
        for s in scores
    ]
    if not rows:
        return f"<h2>Scores</h2><p>None yet: <code>ganbench evaluate {_text(run.path)}</code></p>"
    head = ["score", "value", "better", "samples", "details", "how it was measured"]
    return "<h2>Scores</h2>" + _table(head, rows)


def _curves(run: Run) -> str:
    events = run.events.read("scalars")
    names = [n for n in (events[-1] if events else {}) if n not in ("kind", "step", "kimg")]
    if len(events) < 2:
        return ""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.2), layout="constrained")
    axes = figure.add_subplot()
    for name in names:
        points = [(e["step"], e[name]) for e in events if name in e]
        axes.plot(*zip(*points, strict=True), label=name, linewidth=1.2)
    axes.set(xlabel="generator steps", ylabel="loss terms")
    axes.legend()
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return "<h2>Losses</h2>" + _image(buffer.getvalue(), f"curves of {', '.join(names)} over steps")


def _samples(run: Run) -> str:
    pictures = sorted(run.samples.glob("step-*.png"))
    if len(pictures) > _MOST_PICTURES:
        spacing = (len(pictures) - 1) / (_MOST_PICTURES - 1)
        pictures = [pictures[round(i * spacing)] for i in range(_MOST_PICTURES)]
    figures = []
    for path in pictures:
        step = int(path.stem.removeprefix("step-"))
        image = _image(path.read_bytes(), f"samples after step {step}")
        figures.append(f"<figure>{image}<figcaption>step {step}</figcaption></figure>")
    return (
        f'<h2>Samples of the same latents through the run</h2><div class="samples">{"".join(figures)}</div>'
    )


def _image(png: bytes, words: str) -> str:
    return f'<img alt="{_text(words)}" src="data:image/png;base64,{base64.b64encode(png).decode()}">'


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    top = "".join(f"<th>{_text(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{_text(c)}</td>" for c in row) + "</tr>" for row in rows)
    return f"<table>{f'<tr>{top}</tr>' if head else ''}{body}</table>"


def _text(value: object) -> str:
    return html.escape(str(value))


def _json(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_text())
    return value
