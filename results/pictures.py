"""Draw figures of the docs from the records in ``results/``: samples, critic weights, curves of scores, consistency.

python results/pictures.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from PIL import Image, ImageDraw
from tables import file_stem
from verdicts import evidence_on, recipes_on

from ganbench.visualization.critic import WeightHistogram, draw_weight_histograms
from ganbench.visualization.figure import figure_png

HERE = Path(__file__).parent
PICTURES = HERE.parent / "docs" / "pictures"
_GRID_SIZE, _GAP, _TITLE_HEIGHT, _COLUMNS = 224, 10, 18, 4
#: The data sets with a sheet of samples of many recipes.
SHEETS = ("cifar10-jpeg", "folder:horses", "mnist", "stacked-mnist")
#: The grids at the top of the README, and the number of rows shown of each.
BANNER = {
    "sndcgan-projection-mnist-laptop-seed0": 6,
    "sndcgan-projection-fashion-mnist-laptop-seed0": 6,
    "horses-diffaugment-folder-horses-20m-seed0": 5,
}
#: The critics whose weight histograms are compared.
CRITICS = {"weight clipping": "wgan-mnist-laptop-seed0", "gradient penalty": "wgan-gp-mnist-laptop-seed0"}
#: The conditional runs whose consistency is drawn.
CONDITIONED = "simsiam-gan-cifar10-cifar10-jpeg-laptop"
#: The data sets with a figure of scores during training.
CURVES = ("cifar10-jpeg", "mnist")
#: The clocks of the quality benchmark, with their axis labels.
CLOCKS = {"seconds": "seconds of training", "processor_seconds": "CPU seconds of training"}


def main() -> None:
    """Write the sheets of samples, the banner, and the figures of weights, consistency and quality by time."""
    PICTURES.mkdir(exist_ok=True)
    sheets: dict[str, list[Path]] = {}
    for path in sorted((HERE / "runs").glob("*-seed0.json")):
        data, grid = _read(path)["data"], HERE / "grids" / f"{path.stem}.png"
        if data["name"] in SHEETS and grid.exists():  # encoders have no samples
            sheets.setdefault(data["name"], []).append(grid)
    for name, grids in sheets.items():
        sheet(grids).save(PICTURES / f"samples-{file_stem(name)}.png", optimize=True)
    banner({HERE / "grids" / f"{run}.png": rows for run, rows in BANNER.items()}).save(
        PICTURES / "banner.png", optimize=True
    )
    critics = {title: weights_of(_read(HERE / "runs" / f"{run}.json")) for title, run in CRITICS.items()}
    (PICTURES / "weights.png").write_bytes(draw_weight_histograms(critics))
    conditioned = [_read(path) for path in sorted((HERE / "runs").glob(f"{CONDITIONED}-seed*.json"))]
    (PICTURES / "consistency.png").write_bytes(consistency(conditioned))
    records = [_read(path) for path in sorted((HERE / "quality").glob("*-seed*.json"))]
    if records:
        (HERE / "quality" / "quality.png").write_bytes(quality(records))
    for data in CURVES:
        if series := score_series(data):
            (PICTURES / f"curves-{data}.png").write_bytes(curves(series))


def score_series(data: str) -> dict[str, list[list[tuple[float, float, float]]]]:
    """Return the fd during training of the recipes on a data set: for each, a list of (step, seconds, fd) per seed."""
    series: dict[str, list[list[tuple[float, float, float]]]] = {}
    for name in recipes_on(data):
        evidence = evidence_on(name, data)
        for record in () if evidence.older else evidence.records:
            points = [(s["step"], s["value"]) for s in record["scores_during"] if s["name"].startswith("fd[")]
            if points:
                per_step = record["seconds"] / record["steps"]
                line = [(step, step * per_step, value) for step, value in points]
                series.setdefault(name, []).append(line)
    return series


def curves(series: dict[str, list[list[tuple[float, float, float]]]]) -> bytes:
    """Draw the fd of recipes over steps and over seconds: one line per seed, one colour and dash per recipe."""
    figure = Figure(figsize=(13, 6), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    names = sorted(series, key=lambda name: min(line[-1][2] for line in series[name]))
    for i, name in enumerate(names):
        colour, dash = f"C{i % 10}", ("-", "--", ":")[i // 10 % 3]
        for seed, line in enumerate(series[name]):
            label = name if seed == 0 else None
            steps, seconds, values = zip(*line, strict=True)
            for axes, clock in zip(panels, (steps, seconds), strict=True):
                axes.plot(clock, values, marker=".", linewidth=1, color=colour, linestyle=dash, label=label)
    for axes, label in zip(panels, ("G steps", "seconds of training"), strict=True):
        axes.set(xlabel=label, yscale="log")
        axes.yaxis.set_major_formatter("{x:.0f}")
        axes.yaxis.set_minor_formatter("{x:.0f}")
        axes.tick_params(which="minor", labelsize=7)
        axes.grid(alpha=0.3, which="both")
    panels[0].set_ylabel("fd of the samples of each evaluation")
    panels[1].legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure_png(figure)


def consistency(records: list[dict[str, Any]]) -> bytes:
    """Draw the cosine of representations and those of their samples, a line per seed, and its weight in the loss."""
    figure = Figure(figsize=(7, 3.5), layout="constrained")
    axes = figure.subplots()
    for record in records:
        points = [point for point in record["curves"] if "G/cosine" in point]
        axes.plot(*_columns(points, "G/cosine"), label=f"cosine, seed {record['seed']}")
    weights = _weight(records[0])
    axes.plot(*weights, color="black", linestyle=":", drawstyle="steps-post", label="its weight in the loss")
    axes.set(xlabel="steps", ylim=(-0.15, 1.1))
    axes.legend(fontsize=8)
    axes.grid(alpha=0.3)
    return figure_png(figure)


def _columns(points: list[dict[str, Any]], name: str) -> tuple[list[int], list[float]]:
    return [point["step"] for point in points], [point[name] for point in points]


def _weight(record: dict[str, Any]) -> tuple[list[float], list[float]]:
    """Return the steps and values of the weight's schedule."""
    stages = record["settings"]["algorithm"]["generator_weight"]
    values, at = stages["values"], stages["at"]
    return [share * record["steps"] for share in (0, *at, 1)], [*values, values[-1]]


def quality(records: list[dict[str, Any]]) -> bytes:
    """Draw the scores of each arm by wall and CPU seconds of training: one line per seed, one colour per arm."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    arms = list(dict.fromkeys(record["arm"] for record in records))
    for axes, (clock, label) in zip(figure.subplots(1, 2, sharey=True), CLOCKS.items(), strict=True):
        for record in records:
            n = min(point["n"] for point in record["points"])
            points = [point for point in record["points"] if point["n"] == n]
            colour, first = f"C{arms.index(record['arm'])}", record["seed"] == 0
            line = ([point[clock] for point in points], [point["value"] for point in points])
            axes.plot(*line, ".-", color=colour, linewidth=1, label=record["arm"] if first else None)
            axes.set(xlabel=label, yscale="log")
        axes.grid(alpha=0.3, which="both")
    figure.axes[0].set_ylabel(f"{records[0]['points'][0]['metric']} of {n:,} samples")
    figure.axes[1].legend(fontsize=8)
    return figure_png(figure)


def banner(grids: dict[Path, int], height: int = 360) -> Image.Image:
    """Put the first rows of sample grids side by side, at one height."""
    panels = []
    for path, rows in grids.items():
        grid = Image.open(path).convert("RGB")
        tile = 29 if grid.width == 291 else 33  # size of a sample and the gap after it, in pixels
        panel = grid.crop((0, 0, grid.width, rows * tile))
        panels.append(
            panel.resize((round(panel.width * height / panel.height), height), Image.Resampling.LANCZOS)
        )
    image = Image.new("RGB", (sum(p.width for p in panels) + _GAP * (len(panels) - 1), height), "white")
    left = 0
    for panel in panels:
        image.paste(panel, (left, 0))
        left += panel.width + _GAP
    return image.quantize(256)


def sheet(grids: list[Path]) -> Image.Image:
    """Arrange sample grids in rows, each below the name of its recipe."""
    columns = min(_COLUMNS, len(grids))
    rows = -(-len(grids) // columns)
    size = (columns * (_GRID_SIZE + _GAP) + _GAP, rows * (_GRID_SIZE + _TITLE_HEIGHT + _GAP) + _GAP)
    image = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(image)
    for i, path in enumerate(grids):
        left, top = (
            _GAP + i % columns * (_GRID_SIZE + _GAP),
            _GAP + i // columns * (_GRID_SIZE + _TITLE_HEIGHT + _GAP),
        )
        pen.text((left, top), path.stem.rsplit("-", 2)[0], fill="black")
        grid = Image.open(path).convert("RGB")
        scale = _GRID_SIZE / max(grid.size)  # grids with one class per column are wider than high
        image.paste(
            grid.resize((round(grid.width * scale), round(grid.height * scale))), (left, top + _TITLE_HEIGHT)
        )
    return image.quantize(256)


def weights_of(record: dict[str, Any]) -> WeightHistogram:
    """Return the weight histogram of a record's D."""
    histogram = record["weights_of_D"]
    return WeightHistogram(
        np.array(histogram["edges"]), np.array(histogram["shares"]), histogram["count"], histogram["outside"]
    )


def _read(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_text())
    return value


if __name__ == "__main__":
    main()
