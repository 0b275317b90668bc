"""One self-contained report.html about a run: what was run, scores, curves, D, layers, samples through time."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from ganbench.errors import UserError
from ganbench.model import Model, load
from ganbench.report.critic import weights_picture, why_not
from ganbench.report.figure import png_bytes
from ganbench.report.layers import layer_series, layers_picture
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


def write_report(run: Run, trusted: Collection[str] = ()) -> Path:
    """Write ``report.html`` into the run folder and return its path; the page needs no network.

    The pictures that it shows, but for the samples, are also written to ``pictures/``, one PNG each.
    ``trusted`` names the user's own modules that the recipe may use.
    """
    recipe, meta = _json(run.path / "recipe.json"), run.meta
    parts = [
        f"<h1>{_text(recipe['name'])}</h1><p>{_text(recipe['summary'])}</p>",
        _facts(run, recipe, meta),
        _scores(run),
        _curves(run),
        _critic(run, trusted),
        _layers(run),
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
    picture = png_bytes(figure, dpi=110)
    return "<h2>Losses</h2>" + _kept(run, "losses", picture, f"curves of {', '.join(names)} over steps")


def _critic(run: Run, trusted: Collection[str]) -> str:
    """Show D over its space at the first and the last step that were drawn, and how its weights spread."""
    drawn = sorted(run.critic.glob("step-*.png"))
    figures = []
    for path, name in zip([*drawn[:1], *drawn[1:][-1:]], ("critic-first", "critic-last"), strict=False):
        step = int(path.stem.removeprefix("step-"))
        image = _kept(run, name, path.read_bytes(), f"what D makes of its space after step {step}")
        figures.append(f"<figure>{image}<figcaption>step {step}</figcaption></figure>")
    shown = f'<div class="samples">{"".join(figures)}</div>' if figures else ""
    try:
        model = load(run, trusted=trusted)
        reason = None if drawn or model.info.kind == "image" else why_not(model)
        words = f"<p>Not drawn over its space: {_text(reason)}.</p>" if reason else ""
        return "<h2>The discriminator</h2>" + shown + words + _weights(run, model)
    except UserError as error:
        return f"<h2>The discriminator</h2>{shown}<p>Its weights are not shown: {_text(error)}.</p>"


def _weights(run: Run, model: Model) -> str:
    """Show the weights of the network that judges, if one is called D."""
    if "D" not in model.networks:
        return ""
    picture = weights_picture({f"weights of D after step {model.step}": model.networks["D"]})
    return _kept(run, "weights", picture, "histogram of D's weights")


def _layers(run: Run) -> str:
    shown = [
        _kept(
            run, f"layers-{network}", layers_picture(network, parameters), f"layers of {network} over steps"
        )
        for network, parameters in layer_series(run.events.read("layers")).items()
    ]
    return f"<h2>Layers</h2>{''.join(shown)}" if shown else ""


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


def _kept(run: Run, name: str, png: bytes, words: str) -> str:
    """Write a picture of its own beside the page and return it for the page."""
    run.pictures.mkdir(exist_ok=True)
    write_bytes(run.pictures / f"{name}.png", png)
    return _image(png, words)


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
