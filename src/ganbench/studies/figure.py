"""Figures of a study: curves with bands, sample panels, and an overview of both with the scores."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PIL import Image

from ganbench.runs.run import Run
from ganbench.studies.curves import Curves, draw_curves, study_curves
from ganbench.studies.panels import draw_panels, panel_columns
from ganbench.studies.plan import Plan
from ganbench.studies.rows import Row, StudyFolder
from ganbench.studies.summary import DETAIL_DIRECTIONS, Summary

if TYPE_CHECKING:
    from matplotlib.figure import Figure, FigureBase

_COLUMNS = 5
_MAX_BYTES = 300_000  # of a full-colour PNG, so that a README can show it


def draw_study_figures(
    folder: StudyFolder, plan: Plan, rows: Sequence[Row], summaries: Sequence[Summary]
) -> dict[str, bytes]:
    """Return ``curves.png``, ``panels.png`` and ``study.png``, omitting those without data."""
    from matplotlib.figure import Figure

    started = [row for row in rows if folder.step(row.recipe, row.seed) is not None]
    runs: dict[str, list[Run]] = {}
    for row in started:
        runs.setdefault(row.recipe, []).append(Run(folder.run(row.recipe, row.seed)))
    panel_runs = {label: (group[0], plan.steps(label)) for label, group in runs.items()}
    curves = study_curves(runs, DETAIL_DIRECTIONS)
    colours, title = _colours(plan), _panel_title(started, panel_runs)
    figures: dict[str, bytes] = {}
    if curves:
        figure = Figure(figsize=(4.2 * min(2, len(curves)), 3.4 * -(-len(curves) // 2) + 0.5))
        figures["curves.png"] = _png(_draw_curves_with_legend(figure, curves, colours, 2))
    if panel_runs:
        columns = len(plan.panel_steps) or panel_columns(panel_runs, _COLUMNS)
        figure = Figure(figsize=(1.2 + 1.35 * columns, 0.5 + 1.5 * len(panel_runs)))
        figure.suptitle(title, fontsize=9)
        draw_panels(figure, panel_runs, columns, plan.panel_steps)
        figures["panels.png"] = _png(figure)
    if curves and any(summary.finished for summary in summaries):
        figures["study.png"] = _png(_overview(plan, panel_runs, curves, summaries, title))
    return figures


def _overview(
    plan: Plan,
    panel_runs: Mapping[str, tuple[Run, int]],
    curves: Curves,
    summaries: Sequence[Summary],
    title: str,
) -> Figure:
    from matplotlib.figure import Figure

    colours = _colours(plan)
    columns = len(plan.panel_steps) or panel_columns(panel_runs, _COLUMNS - 1)
    first_curves = dict(list(curves.items())[:2])
    left_width, right_width = 1.2 + 1.25 * columns, 6.4
    curves_height = 3.0
    height = max(0.5 + 1.4 * len(panel_runs), curves_height + 1.2 + 0.32 * len(summaries))
    figure = Figure(figsize=(left_width + right_width, height))
    left, right = figure.subfigures(1, 2, squeeze=False, width_ratios=[left_width, right_width])[0]
    top, bottom = right.subfigures(
        2, 1, squeeze=False, height_ratios=[height - curves_height, curves_height]
    )[:, 0]
    left.suptitle(title, fontsize=9)
    draw_panels(left, panel_runs, columns, plan.panel_steps)
    draw_scores(top, summaries, colours, list(first_curves))
    draw_curves(bottom, first_curves, colours, columns=len(first_curves))
    return figure


def draw_scores(
    figure: FigureBase, summaries: Sequence[Summary], colours: Mapping[str, str], details: Sequence[str]
) -> None:
    """Draw each finished run's score as a dot, and each recipe's mean with its 95 % interval; the best on top.

    A second plot shows the first of ``details`` that the runs have in addition to their score.
    """
    scored = [summary for summary in summaries if summary.finished]
    score = scored[0].score or ""
    names = [score, *(name for name in details if name != score and name in scored[0].columns)][:2]
    for i, name in enumerate(names):
        axes = figure.add_subplot(1, len(names), i + 1)
        for y, summary in enumerate(reversed(scored)):
            column = summary.columns.get(name)
            if column is None:
                continue
            colour = colours[summary.recipe]
            axes.scatter(column.values, [y] * len(column.values), s=14, color=colour, alpha=0.5, linewidths=0)
            low, high = column.interval or (column.mean, column.mean)
            axes.plot([low, high], [y, y], color=colour, linewidth=2)
            axes.plot([column.mean], [y], marker="|", markersize=12, markeredgewidth=2, color=colour)
        labels = [summary.recipe for summary in reversed(scored)] if i == 0 else [""] * len(scored)
        axes.set_yticks(range(len(scored)), labels, fontsize=8)
        axes.set_title(f"{name}: seeds, mean, 95 % interval", fontsize=8)
        axes.tick_params(axis="x", labelsize=8)
        axes.grid(axis="x", alpha=0.25)
        axes.set_ylim(-0.6, len(scored) - 0.4)


def _draw_curves_with_legend(
    figure: Figure, curves: Curves, colours: Mapping[str, str], columns: int
) -> Figure:
    draw_curves(figure, curves, colours, columns=min(columns, len(curves)))
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    return figure


def _panel_title(rows: Sequence[Row], panel_runs: Mapping[str, tuple[Run, int]]) -> str:
    """Return which seed the panels show, and for points the meaning of the colours."""
    seeds = sorted({row.seed for row in rows})
    title = f"samples during training, seed {seeds[0]} of {len(seeds)} seeds" if seeds else ""
    has_points = any(run.info.kind == "points" for run, _ in panel_runs.values())
    return f"{title} (green: real, blue: generated)" if has_points else title


def _colours(plan: Plan) -> dict[str, str]:
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    labels = list(plan.recipes)
    palette = colormaps["tab10" if len(labels) <= 10 else "tab20"]
    return {label: to_hex(palette(i % palette.N)) for i, label in enumerate(labels)}


def _png(figure: Figure) -> bytes:
    figure.set_layout_engine("constrained")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120, metadata={"Software": None})
    if buffer.tell() > _MAX_BYTES:
        reduced = io.BytesIO()
        _quantize(Image.open(buffer)).save(reduced, "PNG", optimize=True)
        return reduced.getvalue()
    return buffer.getvalue()


def _quantize(image: Image.Image) -> Image.Image:
    """Reduce to 256 colours by maximum coverage, which keeps the rare line colours that median cut would lose."""
    return image.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
