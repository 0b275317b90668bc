"""One self-contained report.html about a run: its health, what was run, scores, curves, pictures, D, layers."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from ganbench.errors import UserError
from ganbench.model import Model, load
from ganbench.report import parts
from ganbench.report.chart import Chart, health_chart, layer_charts, loss_chart, score_chart, speed_chart
from ganbench.report.critic import why_not
from ganbench.report.html import chart, details, facts, image, page, section, source, text
from ganbench.report.kept import keep_pictures
from ganbench.report.layers import layer_series
from ganbench.report.reading import Reading, picture_folders, read_run
from ganbench.report.timeline import fitting, frames, player, webp
from ganbench.runs import Run, write_bytes

ROOM = 4_500_000  # characters of the page for the timelines; the page stays below 8 MB
_TITLES = {"samples": "samples of the same latents", "critic": "what D makes of the space"}
_LARGEST = 1_000_000  # bytes of the last grid as a PNG; a larger one becomes a WebP


def write_report(run: Run, trusted: Collection[str] = ()) -> Path:
    """Write ``report.html`` into the run folder and return its path; the page needs no network.

    What is damaged or half-written is named on the page and left out. Some of its pictures are also written to
    ``pictures/``, one PNG each. ``trusted`` names the user's own modules that the recipe may use.
    """
    reading = read_run(run)
    model, reason = _loaded(run, trusted)
    pictures = keep_pictures(reading, model)
    body = [
        f"<h1>{text(reading.name)}</h1><p>{text(reading.recipe.get('summary', ''))}</p>",
        section("Health", parts.warnings(reading.findings, reading.problems)),
        section("What was run", facts_of(reading)),
        section("Scores", _scores(reading)),
        section("Curves", _charts(curves_of(reading))),
        section("Through the training", player(fitting(folders_of(run), ROOM), "the training")),
        section("The last samples", _last(run)),
        section("The discriminator", _discriminator(run, model, reason, pictures)),
        section("Layers", _charts(layer_charts(layer_series(reading.of("layers"))))),
        section("Recipe", details("the resolved recipe", source(json.dumps(reading.recipe, indent=1)))),
    ]
    path = run.path / "report.html"
    write_bytes(path, page(reading.name, "".join(body)).encode())
    return path


def _loaded(run: Run, trusted: Collection[str]) -> tuple[Model | None, str]:
    """Return the model of the newest checkpoint, or why there is none."""
    try:
        return load(run, trusted=trusted), ""
    except UserError as error:
        return None, str(error)


def facts_of(reading: Reading) -> str:
    """Return state, data, seed, machine, versions and papers of a run, in two columns."""
    recipe, meta = reading.recipe, reading.meta
    data, schedule = _part(meta, "data"), _part(recipe, "schedule")
    known = {
        "state": f"{reading.state}, step {reading.step:,} of {reading.steps:,}, batch {schedule.get('batch', '?')}",
        "data": f"{data.get('name')}, {data.get('size')} items, shape {data.get('shape')}, "
        f"split {data.get('split')}, fingerprint {data.get('fingerprint')}",
        "seed": meta.get("seed"),
        "begun": meta.get("created"),
        "machine": parts.machine(meta),
        "version of ganbench": meta.get("ganbench"),
        "budget": recipe.get("budget", ""),
    }
    cited = parts.papers([recipe])
    return facts(known) + (f"<h3>Papers</h3>{cited}" if cited else "")


def _part(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = values.get(name)
    return part if isinstance(part, Mapping) else {}


def _scores(reading: Reading) -> str:
    if not reading.scores:
        return f"<p>None yet: <code>ganbench evaluate {text(reading.run.path)}</code></p>"
    return parts.scores(list(reading.scores.values()))


def curves_of(reading: Reading) -> list[Chart]:
    """Return the charts of losses, scores, variety and speed that the run has events for."""
    drawn = [
        loss_chart(reading.of("scalars")),
        score_chart(reading.of("score")),
        health_chart(reading.of("health")),
        speed_chart(reading.of("speed")),
    ]
    return [one for one in drawn if one is not None]


def _charts(drawn: Sequence[Chart]) -> str:
    return "".join(chart(one) for one in drawn)


def folders_of(run: Run) -> dict[str, Path]:
    """Return the run's folders with pictures of steps by their titles."""
    return {_TITLES.get(folder.name, folder.name): folder for folder in picture_folders(run)}


def _last(run: Run) -> str:
    """Show the last grid as it is."""
    drawn = frames(run.samples)
    if not drawn:
        return ""
    frame = drawn[-1]
    picture, kind = frame.path.read_bytes(), "png"
    try:
        with Image.open(frame.path) as opened:
            if len(picture) > _LARGEST:
                picture, kind = webp(opened, 1600, 85), "webp"
            else:
                opened.load()
    except (OSError, ValueError, Image.DecompressionBombError):
        return f"<p>{text(frame.path.name)} is damaged.</p>"
    words = f"the last samples, of step {frame.step:,}"
    return f"<figure>{image(picture, kind, words)}<figcaption>step {frame.step:,}</figcaption></figure>"


def _discriminator(run: Run, model: Model | None, reason: str, pictures: Mapping[str, bytes]) -> str:
    """Show how D's weights spread, and say why it is not drawn over its space where it could be."""
    if model is None:
        return f"<p>Its weights are not shown: {text(reason)}.</p>"
    drawn = bool(frames(run.critic)) or model.info.kind == "image"
    why = None if drawn else why_not(model)
    words = f"<p>Not drawn over its space: {text(why)}.</p>" if why else ""
    if "weights" in pictures:
        words += f"<figure>{image(pictures['weights'], 'png', 'histogram of the weights of D')}</figure>"
    return words
