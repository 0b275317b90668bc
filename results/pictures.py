"""Draw the pictures of the docs from the records and grids in ``results/``: sheets of samples, weights of two critics.

python results/pictures.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from ganbench.report.critic import Weights, drawn_weights

HERE = Path(__file__).parent
PICTURES = HERE.parent / "docs" / "pictures"
_SIDE, _GAP, _HEAD, _COLUMNS = 224, 10, 18, 4
#: The critics whose weights are compared: what clipping does, and what a penalty does.
CRITICS = {"weight clipping": "wgan-mnist-laptop-seed0", "gradient penalty": "wgan-gp-mnist-laptop-seed0"}


def main() -> None:
    """Write a sheet per data set and the picture of weights."""
    PICTURES.mkdir(exist_ok=True)
    sheets: dict[str, list[Path]] = {}
    for path in sorted((HERE / "runs").glob("*-seed0.json")):
        data = _read(path)["data"]
        if data["kind"] != "image":
            continue
        sheets.setdefault(data["name"], []).append(HERE / "grids" / f"{path.stem}.png")
    for name, grids in sheets.items():
        sheet(grids).save(PICTURES / f"samples-{name.replace(' ', '-')}.png", optimize=True)
    critics = {title: weights_of(_read(HERE / "runs" / f"{run}.json")) for title, run in CRITICS.items()}
    (PICTURES / "weights.png").write_bytes(drawn_weights(critics))


def sheet(grids: list[Path]) -> Image.Image:
    """Put sample grids side by side, each under its recipe's name."""
    rows = -(-len(grids) // _COLUMNS)
    size = (_COLUMNS * (_SIDE + _GAP) + _GAP, rows * (_SIDE + _HEAD + _GAP) + _GAP)
    made = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(made)
    for i, path in enumerate(grids):
        left, top = _GAP + i % _COLUMNS * (_SIDE + _GAP), _GAP + i // _COLUMNS * (_SIDE + _HEAD + _GAP)
        pen.text((left, top), path.stem.split("-laptop")[0], fill="black")
        grid = Image.open(path).convert("RGB")
        scale = _SIDE / max(grid.size)  # grids with a class in every column are wider than high
        made.paste(grid.resize((round(grid.width * scale), round(grid.height * scale))), (left, top + _HEAD))
    return made.quantize(256)


def weights_of(record: dict[str, Any]) -> Weights:
    """Return how the weights of a record's D spread."""
    kept = record["weights_of_D"]
    return Weights(np.array(kept["edges"]), np.array(kept["shares"]), kept["count"], kept["outside"])


def _read(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_text())
    return value


if __name__ == "__main__":
    main()
