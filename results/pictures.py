"""Draw the docs' pictures from the records in ``results/``: samples, critics' weights, consistency, quality by time.

python results/pictures.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from PIL import Image, ImageDraw
from tables import in_file_names

from ganbench.visualization.critic import WeightHistogram, draw_weight_histograms
from ganbench.visualization.figure import figure_png

HERE = Path(__file__).parent
PICTURES = HERE.parent / "docs" / "pictures"
_SIDE, _GAP, _HEAD, _COLUMNS = 224, 10, 18, 4
#: The data sets of which the docs show samples by many recipes.
SHEETS = ("cifar10-jpeg", "folder:horses", "mnist", "stacked-mnist")
#: The samples at the head of the README: grids, and how many of their rows are shown.
BANNER = {
    "sndcgan-projection-mnist-laptop-seed0": 6,
    "sndcgan-projection-fashion-mnist-laptop-seed0": 6,
    "horses-diffaugment-folder-horses-20m-seed0": 5,
}
#: The critics whose weights are compared: what clipping does, and what a penalty does.
CRITICS = {"weight clipping": "wgan-mnist-laptop-seed0", "gradient penalty": "wgan-gp-mnist-laptop-seed0"}
#: The runs on representations whose consistency is drawn.
CONDITIONED = "simsiam-gan-cifar10-cifar10-jpeg-laptop"
#: The clocks of the benchmark of quality.
CLOCKS = {"seconds": "seconds of training", "processor_seconds": "CPU seconds of training"}


def main() -> None:
    """Write sheets of samples, pictures of weights and consistency and, if measured, that of quality by time."""
    PICTURES.mkdir(exist_ok=True)
    sheets: dict[str, list[Path]] = {}
    for path in sorted((HERE / "runs").glob("*-seed0.json")):
        data, grid = _read(path)["data"], HERE / "grids" / f"{path.stem}.png"
        if data["name"] in SHEETS and grid.exists():  # an encoder makes no samples
            sheets.setdefault(data["name"], []).append(grid)
    for name, grids in sheets.items():
        sheet(grids).save(PICTURES / f"samples-{in_file_names(name)}.png", optimize=True)
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


def consistency(records: list[dict[str, Any]]) -> bytes:
    """Draw, a line a seed, the cosine of a representation and f's of the sample made of it, and the cosine's weight."""
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
    """Return the corners of the schedule of the weight, by steps."""
    stages = record["settings"]["algorithm"]["generator_weight"]
    values, at = stages["values"], stages["at"]
    return [share * record["steps"] for share in (0, *at, 1)], [*values, values[-1]]


def quality(records: list[dict[str, Any]]) -> bytes:
    """Draw each arm's score by seconds of training and of the processor: a line a seed, a colour an arm."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    arms = list(dict.fromkeys(record["arm"] for record in records))
    for axes, (clock, words) in zip(figure.subplots(1, 2, sharey=True), CLOCKS.items(), strict=True):
        for record in records:
            n = min(point["n"] for point in record["points"])
            points = [point for point in record["points"] if point["n"] == n]
            colour, first = f"C{arms.index(record['arm'])}", record["seed"] == 0
            line = ([point[clock] for point in points], [point["value"] for point in points])
            axes.plot(*line, ".-", color=colour, linewidth=1, label=record["arm"] if first else None)
            axes.set(xlabel=words, yscale="log")
        axes.grid(alpha=0.3, which="both")
    figure.axes[0].set_ylabel(f"{records[0]['points'][0]['metric']} of {n:,} samples")
    figure.axes[1].legend(fontsize=8)
    return figure_png(figure)


def banner(grids: dict[Path, int], height: int = 360) -> Image.Image:
    """Put the first rows of sample grids side by side, at one height."""
    panels = []
    for path, rows in grids.items():
        grid = Image.open(path).convert("RGB")
        tile = 29 if grid.width == 291 else 33  # pixels of a sample and its gap
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
    """Put sample grids side by side, each under its recipe's name."""
    columns = min(_COLUMNS, len(grids))
    rows = -(-len(grids) // columns)
    size = (columns * (_SIDE + _GAP) + _GAP, rows * (_SIDE + _HEAD + _GAP) + _GAP)
    made = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(made)
    for i, path in enumerate(grids):
        left, top = _GAP + i % columns * (_SIDE + _GAP), _GAP + i // columns * (_SIDE + _HEAD + _GAP)
        pen.text((left, top), path.stem.rsplit("-", 2)[0], fill="black")
        grid = Image.open(path).convert("RGB")
        scale = _SIDE / max(grid.size)  # grids with a class in every column are wider than high
        made.paste(grid.resize((round(grid.width * scale), round(grid.height * scale))), (left, top + _HEAD))
    return made.quantize(256)


def weights_of(record: dict[str, Any]) -> WeightHistogram:
    """Return how the weights of a record's D spread."""
    kept = record["weights_of_D"]
    return WeightHistogram(np.array(kept["edges"]), np.array(kept["shares"]), kept["count"], kept["outside"])


def _read(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_text())
    return value


if __name__ == "__main__":
    main()
