"""The pictures of a study: curves with bands, sample panels, and one picture of both with the scores."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PIL import Image

from ganbench.runs.run import Run
from ganbench.studies.curves import Curves, curves_of, draw_curves
from ganbench.studies.panels import draw_panels, most_columns
from ganbench.studies.plan import Plan
from ganbench.studies.rows import Row, StudyFolder
from ganbench.studies.summary import DETAILS, Summary

if TYPE_CHECKING:
    from matplotlib.figure import Figure, FigureBase

_COLUMNS = 5
_MOST_BYTES = 300_000  # of a picture that is shown in a README


def study_pictures(
    folder: StudyFolder, plan: Plan, rows: Sequence[Row], summaries: Sequence[Summary]
) -> dict[str, bytes]:
    """Return ``curves.png``, ``panels.png`` and ``study.png``, those of them for which there is something to draw."""
    from matplotlib.figure import Figure

    begun = [row for row in rows if folder.step(row.recipe, row.seed) is not None]
    runs: dict[str, list[Run]] = {}
    for row in begun:
        runs.setdefault(row.recipe, []).append(Run(folder.run(row.recipe, row.seed)))
    shown = {label: (each[0], plan.steps(label)) for label, each in runs.items()}
    curves = curves_of(runs, DETAILS)
    colours, words = _colours(plan), _words(begun, shown)
    made: dict[str, bytes] = {}
    if curves:
        figure = Figure(figsize=(4.2 * min(2, len(curves)), 3.4 * -(-len(curves) // 2) + 0.5))
        made["curves.png"] = _png(_with_curves(figure, curves, colours, 2))
    if shown:
        columns = most_columns(shown, _COLUMNS)
        figure = Figure(figsize=(1.2 + 1.35 * columns, 0.5 + 1.5 * len(shown)))
        figure.suptitle(words, fontsize=9)
        draw_panels(figure, shown, columns)
        made["panels.png"] = _png(figure)
    if curves and any(summary.finished for summary in summaries):
        made["study.png"] = _png(_whole(shown, curves, summaries, colours, words))
    return made


def _whole(
    shown: Mapping[str, tuple[Run, int]],
    curves: Curves,
    summaries: Sequence[Summary],
    colours: Mapping[str, str],
    words: str,
) -> Figure:
    from matplotlib.figure import Figure

    columns = most_columns(shown, _COLUMNS - 1)
    first = dict(list(curves.items())[:2])
    left, right = 1.2 + 1.25 * columns, 6.4
    below = 3.0
    height = max(0.5 + 1.4 * len(shown), below + 1.2 + 0.32 * len(summaries))
    figure = Figure(figsize=(left + right, height))
    panels, beside = figure.subfigures(1, 2, squeeze=False, width_ratios=[left, right])[0]
    above, under = beside.subfigures(2, 1, squeeze=False, height_ratios=[height - below, below])[:, 0]
    panels.suptitle(words, fontsize=9)
    draw_panels(panels, shown, columns)
    draw_scores(above, summaries, colours, list(first))
    draw_curves(under, first, colours, columns=len(first))
    return figure


def draw_scores(
    figure: FigureBase, summaries: Sequence[Summary], colours: Mapping[str, str], numbers: Sequence[str]
) -> None:
    """Draw each finished run's score as a dot, and each recipe's mean with its 95 % interval; the best on top.

    Beside it stands the first of ``numbers`` that the runs have besides their score.
    """
    scored = [summary for summary in summaries if summary.finished]
    score = scored[0].score or ""
    names = [score, *(name for name in numbers if name != score and name in scored[0].columns)][:2]
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


def _with_curves(figure: Figure, curves: Curves, colours: Mapping[str, str], columns: int) -> Figure:
    draw_curves(figure, curves, colours, columns=min(columns, len(curves)))
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    return figure


def _words(rows: Sequence[Row], shown: Mapping[str, tuple[Run, int]]) -> str:
    """Say which run the panels show, and what their colours mean."""
    seeds = sorted({row.seed for row in rows})
    words = f"samples through the training, seed {seeds[0]} of {len(seeds)}" if seeds else ""
    points = any(run.info.kind == "points" for run, _ in shown.values())
    return f"{words} (green: real, blue: generated)" if points else words


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
    if buffer.tell() > _MOST_BYTES:
        fewer = io.BytesIO()
        _fewer_colours(Image.open(buffer)).save(fewer, "PNG", optimize=True)
        return fewer.getvalue()
    return buffer.getvalue()


def _fewer_colours(image: Image.Image) -> Image.Image:
    """Return the picture in 256 colours, the rare ones of lines kept, for which the usual method has no room."""
    return image.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
