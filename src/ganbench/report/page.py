"""The report of a run as one self-contained HTML file: health, setup, scores, curves, pictures, D, layers."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from ganbench.data.io.decode import BrokenImageError, read_image_bytes
from ganbench.errors import UserError
from ganbench.inference.critic_scores import critic_unavailable_reason
from ganbench.inference.load import load
from ganbench.inference.model import Model
from ganbench.report.architecture import Layer, model_layers
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
from ganbench.report.diagram import format_shape, network_diagram
from ganbench.report.embed import embed_figure
from ganbench.report.figure_files import write_figure_files
from ganbench.report.html import code_block, details, escape, key_value_table, page, sections, table
from ganbench.report.page_budget import PageBudget, build_within_limit
from ganbench.report.run_data import RunData, picture_folders, read_run_data
from ganbench.report.score_table import score_table
from ganbench.report.sections import describe_machine, health_warnings, omitted_section, paper_list
from ganbench.runs.changes import describe_change, readable_changes
from ganbench.runs.run import Run
from ganbench.utils.files import write_bytes
from ganbench.visualization.frames import list_frames
from ganbench.visualization.layer_plots import layer_series
from ganbench.visualization.model_figures import ModelFigure, model_figures

_FOLDER_TITLES = {
    "samples": "samples of the same latents",
    "critic": "output of D over the data space",
    "sweeps": "sweeps of the codes",
}
_MAX_SCORE_FIGURES = 12


def write_report(run: Run, trusted: Collection[str] = ()) -> Path:
    """Write ``report.html`` into the run folder and return its path; the page is below 8 MB and needs no network.

    The page names damaged files, and content that was thinned or omitted to stay below the limit. Some figures are
    also written to ``pictures/``.

    Args:
        run: the run.
        trusted: the user's own modules that the recipe may use.
    """
    run_data = read_run_data(run)
    model, figures, load_error = _load_model(run, trusted)
    networks = {} if model is None else model_layers(model)
    figure_files = write_figure_files(run_data, model, figures, networks)

    def build(budget: PageBudget) -> str:
        problems = budget.limit_rows(run_data.problems, "damaged parts")
        if run_data.omitted_events:
            budget.note(f"The curves omit {run_data.omitted_events:,} events of the log, at even distances.")
        contents = {
            "Health": health_warnings(run_data.findings, problems, run_data.step),
            "Setup": _setup(run_data),
            "Scores": _scores(run_data, budget),
            "Curves": budget.charts(_curves(run_data, trusted)),
            "Training timeline": budget.timeline(_timeline_folders(run), "the training"),
            "Latest samples": _latest_samples(run, model, budget),
            "Classes, codes and attention": _model_figures(figures, budget),
            "Discriminator": _discriminator(run, model, load_error, figure_files, budget),
            "Networks": _networks(networks),
            "Layers": budget.charts(layer_charts(layer_series(run_data.events_of("layers")))),
            "Recipe": details("resolved recipe", code_block(json.dumps(run_data.recipe, indent=1))),
        }
        head = f"<h1>{escape(run_data.name)}</h1><p>{escape(run_data.recipe.get('summary', ''))}</p>"
        return page(run_data.name, head + sections(contents) + omitted_section(budget.notes))

    path = run.path / "report.html"
    write_bytes(path, build_within_limit(build).encode())
    return path


def _load_model(run: Run, trusted: Collection[str]) -> tuple[Model | None, list[ModelFigure], str]:
    """Return the model of the newest checkpoint and its figures; or None, and why it has none or is not finite."""
    try:
        model = load(run, trusted=trusted)
        return model, model_figures(model), ""
    except UserError as error:
        return None, [], str(error)


def _setup(run_data: RunData) -> str:
    recipe, meta = run_data.recipe, run_data.meta
    data, schedule = _mapping(meta, "data"), _mapping(recipe, "schedule")
    batch = schedule.get("batch", "?")
    values = {
        "state": f"{run_data.state}, step {run_data.step:,} of {run_data.steps:,}, batch {batch}",
        "data": f"{data.get('name')}, {data.get('size')} items, shape {data.get('shape')}, "
        f"split {data.get('split')}, fingerprint {data.get('fingerprint')}",
        "seed": meta.get("seed"),
        "started": meta.get("created"),
        "machine": describe_machine(meta),
        "ganbench version": meta.get("ganbench"),
        "budget": recipe.get("budget", ""),
        **({"changed": changed} if (changed := _changes(meta)) else {}),
    }
    papers = paper_list([recipe])
    return key_value_table(values) + (f"<h3>Papers</h3>{papers}" if papers else "")


def _changes(meta: Mapping[str, Any]) -> str:
    """Say which settings were changed in the midst of the run."""
    return "; ".join(map(describe_change, readable_changes(meta)))


def _mapping(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = values.get(key)
    return value if isinstance(value, Mapping) else {}


def _scores(run_data: RunData, budget: PageBudget) -> str:
    """Return the table of the records in ``eval/`` and their figures."""
    if not run_data.scores:
        return f"<p>None yet. To create one: <code>ganbench evaluate {escape(run_data.run.path)}</code></p>"
    names = budget.limit_rows(list(run_data.scores), "scores")
    paths = [path for name in names if (path := run_data.run.eval / f"{name}.png").is_file()]
    figures = [
        _figure_from_file(path, f"figure of {path.stem}", budget) for path in paths[:_MAX_SCORE_FIGURES]
    ]
    figures_part = details("figures of the scores", "".join(figures)) if figures else ""
    return score_table([run_data.scores[name] for name in names]) + figures_part


def _figure_from_file(path: Path, caption: str, budget: PageBudget, columns: Sequence[str] = ()) -> str:
    """Return a picture of the run folder as a figure; a sentence if it is damaged or too large."""
    try:
        return embed_figure(read_image_bytes(path), caption, budget, caption=caption, columns=columns)
    except BrokenImageError as error:
        return f"<p>{escape(path.name)} is not shown: {escape(error)}.</p>"


def _curves(run_data: RunData, trusted: Collection[str]) -> list[Chart]:
    charts = [
        loss_chart(run_data.events_of("scalars")),
        score_chart(run_data.events_of("score")),
        health_chart(run_data.events_of("health")),
        _learning_rates(run_data, trusted),
        probe_chart(run_data.scores.values()),
        speed_chart(run_data.events_of("speed")),
    ]
    return [chart for chart in charts if chart is not None]


def _learning_rates(run_data: RunData, trusted: Collection[str]) -> Chart | None:
    try:
        return rate_chart(run_data.run.recipe(trusted), run_data.step, readable_changes(run_data.meta))
    except UserError:  # the recipe is damaged; the problems list says so
        return None


def _timeline_folders(run: Run) -> dict[str, Path]:
    return {_FOLDER_TITLES.get(folder.name, folder.name): folder for folder in picture_folders(run)}


def _latest_samples(run: Run, model: Model | None, budget: PageBudget) -> str:
    """Return the newest sample grid, with class names above the columns of a class-conditional image model."""
    frames = list_frames(run.samples)
    if not frames:
        return ""
    classes = model.classes if model is not None and model.info.kind == "image" else ()
    caption = f"samples after step {frames[-1].step:,}" + (", classes from left to right" if classes else "")
    return _figure_from_file(frames[-1].path, caption, budget, classes)


def _model_figures(figures: Sequence[ModelFigure], budget: PageBudget) -> str:
    return "".join(
        f"<h3>{escape(figure.title)}</h3>"
        + embed_figure(
            figure.picture,
            f"{figure.title}. {figure.caption}",
            budget,
            caption=figure.caption,
            columns=figure.columns,
        )
        for figure in figures
    )


def _discriminator(
    run: Run, model: Model | None, load_error: str, figure_files: Mapping[str, bytes], budget: PageBudget
) -> str:
    """Return the histogram of D's weights, and for low-dimensional data why D's output is not drawn."""
    if model is None:
        return f"<p>Its weights are not shown: {escape(load_error)}.</p>"
    has_pictures = bool(list_frames(run.critic)) or model.info.kind == "image"
    reason = None if has_pictures else critic_unavailable_reason(model)
    content = f"<p>Its output is not drawn over the data space: {escape(reason)}.</p>" if reason else ""
    if "weights.png" in figure_files:
        alt = f"histogram of the weights of D after step {model.step}"
        content += embed_figure(figure_files["weights.png"], alt, budget)
    return content


def _networks(networks: Mapping[str, Sequence[Layer]]) -> str:
    """Return a diagram of each network and a table of its layers."""
    head = ("layer", "kind", "output shape", "parameters")
    return "".join(
        f"<h3>{escape(name)}, {sum(layer.parameters for layer in layers):,} parameters</h3>"
        + network_diagram(name, layers)
        + details(
            f"layers of {name}",
            table(
                head,
                [
                    [layer.name, layer.kind, format_shape(layer.shape), f"{layer.parameters:,}"]
                    for layer in layers
                ],
            ),
        )
        for name, layers in networks.items()
    )
