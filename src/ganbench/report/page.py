"""One self-contained report.html about a run: its health, what was run, scores, curves, pictures, D, layers."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from ganbench.errors import UserError
from ganbench.inference.critic_scores import why_not
from ganbench.inference.model import Model, load
from ganbench.report import sections as parts
from ganbench.report.architecture import Layer, architecture
from ganbench.report.chart import (
    Chart,
    health_chart,
    layer_charts,
    loss_chart,
    probe_chart,
    rate_chart,
    score_chart,
    speed_chart,
)
from ganbench.report.diagram import diagram, shape_in_words
from ganbench.report.embed import figure
from ganbench.report.figure_files import keep_pictures
from ganbench.report.html import details, facts, page, sections, source, table, text
from ganbench.report.page_budget import PageBudget, within_limit
from ganbench.report.run_data import RunData, picture_folders, read_run
from ganbench.report.score_table import score_table
from ganbench.runs.run import Run
from ganbench.utils.files import write_bytes
from ganbench.visualization.frames import frames
from ganbench.visualization.layer_plots import layer_series
from ganbench.visualization.model_figures import ModelFigure, shown

_TITLES = {
    "samples": "samples of the same latents",
    "critic": "what D makes of the space",
    "sweeps": "each code through its values",
}
_GALLERIES = 12  # pictures that go with scores


def write_report(run: Run, trusted: Collection[str] = ()) -> Path:
    """Write ``report.html`` into the run folder and return its path; the page needs no network and is below 8 MB.

    What is damaged or half-written is named on the page and left out, and so is what was thinned to fit. Some of its
    pictures are also written to ``pictures/``, a file each. ``trusted`` names the user's own modules that the recipe
    may use.
    """
    reading = read_run(run)
    model, reason = _loaded(run, trusted)
    own = [] if model is None else shown(model)
    networks = {} if model is None else architecture(model)
    pictures = keep_pictures(reading, model, own, networks)

    def build(room: PageBudget) -> str:
        said = parts.warnings(reading.findings, room.first(reading.problems, "damaged parts"))
        inside = {
            "Health": said,
            "What was run": _facts(reading),
            "Scores": _scores(reading, room),
            "Curves": room.charts(_curves(reading, trusted)),
            "Through the training": room.timeline(_folders(run), "the training"),
            "The last samples": _last(run, model, room),
            "Classes, codes and attention": _own(own, room),
            "The discriminator": _discriminator(run, model, reason, pictures, room),
            "Networks": _networks(networks),
            "Layers": room.charts(layer_charts(layer_series(reading.of("layers")))),
            "Recipe": details("the resolved recipe", source(json.dumps(reading.recipe, indent=1))),
        }
        top = f"<h1>{text(reading.name)}</h1><p>{text(reading.recipe.get('summary', ''))}</p>"
        return page(reading.name, top + sections(inside) + parts.thinned(room.notes))

    path = run.path / "report.html"
    write_bytes(path, within_limit(build).encode())
    return path


def _loaded(run: Run, trusted: Collection[str]) -> tuple[Model | None, str]:
    """Return the model of the newest checkpoint, or why there is none."""
    try:
        return load(run, trusted=trusted), ""
    except UserError as error:
        return None, str(error)


def _facts(reading: RunData) -> str:
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


def _scores(reading: RunData, room: PageBudget) -> str:
    """Show the records of ``eval/``, and the pictures that go with them."""
    if not reading.scores:
        return f"<p>None yet: <code>ganbench evaluate {text(reading.run.path)}</code></p>"
    kept = room.first(list(reading.scores), "scores")
    drawn = [name for name in kept if (reading.run.eval / f"{name}.png").is_file()]
    pictures = [
        _of_file(reading.run.eval / f"{name}.png", f"what {name} means", room) for name in drawn[:_GALLERIES]
    ]
    shown_below = details("pictures that go with the scores", "".join(pictures)) if pictures else ""
    return score_table([reading.scores[name] for name in kept]) + shown_below


def _of_file(path: Path, words: str, room: PageBudget, columns: Sequence[str] = ()) -> str:
    """Return a picture of the run folder, or a sentence where it is damaged."""
    try:
        return figure(path.read_bytes(), words, room, caption=words, columns=columns)
    except (OSError, ValueError, Image.DecompressionBombError):
        return f"<p>{text(path.name)} is damaged.</p>"


def _curves(reading: RunData, trusted: Collection[str]) -> list[Chart]:
    drawn = [
        loss_chart(reading.of("scalars")),
        score_chart(reading.of("score")),
        health_chart(reading.of("health")),
        _rates(reading, trusted),
        probe_chart(reading.scores.values()),
        speed_chart(reading.of("speed")),
    ]
    return [one for one in drawn if one is not None]


def _rates(reading: RunData, trusted: Collection[str]) -> Chart | None:
    try:
        return rate_chart(reading.run.recipe(trusted), reading.step)
    except UserError:  # the recipe is damaged, which is told elsewhere
        return None


def _folders(run: Run) -> dict[str, Path]:
    return {_TITLES.get(folder.name, folder.name): folder for folder in picture_folders(run)}


def _last(run: Run, model: Model | None, room: PageBudget) -> str:
    """Show the last grid, under its classes if it has some."""
    drawn = frames(run.samples)
    if not drawn:
        return ""
    columns = model.classes if model is not None and model.info.kind == "image" else ()
    words = f"the last samples, of step {drawn[-1].step:,}" + (", a class a column" if columns else "")
    return _of_file(drawn[-1].path, words, room, columns)


def _own(pictures: Sequence[ModelFigure], room: PageBudget) -> str:
    """Show what only some models have, of the newest checkpoint."""
    return "".join(
        f"<h3>{text(one.title)}</h3>"
        + figure(one.picture, f"{one.title}. {one.words}", room, caption=one.words, columns=one.columns)
        for one in pictures
    )


def _discriminator(
    run: Run, model: Model | None, reason: str, pictures: Mapping[str, bytes], room: PageBudget
) -> str:
    """Show how D's weights spread, and say why it is not drawn over its space where it could be."""
    if model is None:
        return f"<p>Its weights are not shown: {text(reason)}.</p>"
    drawn = bool(frames(run.critic)) or model.info.kind == "image"
    why = None if drawn else why_not(model)
    words = f"<p>Not drawn over its space: {text(why)}.</p>" if why else ""
    if "weights.png" in pictures:
        words += figure(
            pictures["weights.png"], f"histogram of the weights of D after step {model.step}", room
        )
    return words


def _networks(made: Mapping[str, Sequence[Layer]]) -> str:
    """Show each network as a row of boxes, and its layers in a table."""
    head = ("layer", "kind", "what it makes", "weights")
    return "".join(
        f"<h3>{text(name)}, {sum(layer.parameters for layer in layers):,} weights</h3>{diagram(name, layers)}"
        + details(
            f"the layers of {name}",
            table(
                head,
                [[one.name, one.kind, shape_in_words(one.shape), f"{one.parameters:,}"] for one in layers],
            ),
        )
        for name, layers in made.items()
    )
