"""Draw the pictures that the five works show, from run folders, with the commands on the pages of the works.

    python results/works_pictures.py RUNS [ROW...]

RUNS holds run folders named ``RECIPE-seedN``. A picture of ``results/works/rows.json`` is drawn from the finished run
with the lowest seed, by its commands; or it is a matrix, with a row of samples for each run and a column for each step.
Rows without a finished run keep the pictures that they have.
"""

from __future__ import annotations

import argparse
import io
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from collect import reduce_colours
from PIL import Image, ImageDraw, ImageSequence
from works import PICTURES, read_facts

from ganbench.errors import UserError
from ganbench.runs.run import Run
from ganbench.studies.panels import evenly_spaced_steps
from ganbench.visualization.frames import list_frames

Picture = dict[str, Any]
_MAX_GIF_BYTES = 1_000_000
_COLUMNS, _TILES, _MARGIN, _HEADER, _GAP = 5, 4, 190, 16, 4


def main() -> None:
    """Draw the pictures of the rows on the command line, or of all rows."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("runs", type=Path)
    parser.add_argument("rows", nargs="*", type=int)
    arguments = parser.parse_args()
    PICTURES.mkdir(exist_ok=True)
    for row in read_facts()["rows"]:
        if arguments.rows and row["row"] not in arguments.rows:
            continue
        for picture in row.get("pictures", []):
            content = draw(picture, row["recipe"], arguments.runs)
            if content is not None:
                (PICTURES / picture["file"]).write_bytes(content)
                print(f"row {row['row']}: {picture['file']}, {len(content) / 1000:,.0f} kB")


def draw(picture: Picture, recipe: str, runs: Path) -> bytes | None:
    """Return a picture as a file's content, or None if a run that it needs is not finished."""
    if "matrix" in picture:
        rows = [run for name in picture["matrix"] for run in finished_runs(runs, name)]
        return draw_matrix(rows) if {name_of(run) for run in rows} >= set(picture["matrix"]) else None
    found = finished_runs(runs, recipe)
    return run_commands(picture, found[0]) if found else None


def finished_runs(runs: Path, recipe: str) -> list[Run]:
    """Return the finished runs of a recipe, the lowest seed first."""
    found = []
    for path in runs.glob(f"{recipe}-seed*"):
        if seed := re.fullmatch(rf"{re.escape(recipe)}-seed(\d+)", path.name):
            run = Run(path)
            if run.checkpoint_steps()[:1] == [run.recipe().schedule.steps]:
                found.append((int(seed[1]), run))
    return [run for _, run in sorted(found, key=lambda item: item[0])]


def name_of(run: Run) -> str:
    """Return the name of a run's recipe."""
    return run.recipe().name


def run_commands(picture: Picture, run: Run) -> bytes:
    """Run the commands of a picture on a copy of the run, and return what they draw."""
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copytree(run.path, Path(folder) / run.path.name, symlinks=True)
        drawn = Path(folder) / f"drawn{Path(picture['file']).suffix}"
        for command in picture["commands"]:
            words = [{"RUN": str(copy), "FILE": str(drawn)}.get(word, word) for word in shlex.split(command)]
            process = subprocess.run(
                [sys.executable, "-m", *words], capture_output=True, text=True, check=False
            )
            if process.returncode:
                raise UserError(f"`{command}` failed on {run.path}: {process.stderr.strip()}")
        content = (copy / picture["from"] if "from" in picture else drawn).read_bytes()
    return reduce_gif(content) if picture["file"].endswith(".gif") else reduce_colours(content)


def reduce_gif(content: bytes) -> bytes:
    """Return an animation with as many of its frames, evenly spaced, as fit into the size limit; it holds the last."""
    with Image.open(io.BytesIO(content)) as image:
        frames = [frame.convert("RGB") for frame in ImageSequence.Iterator(image)]
    for count in range(len(frames), 1, -1):
        chosen = [frames[round(i * (len(frames) - 1) / (count - 1))] for i in range(count)]
        first, *others = [frame.quantize(64, dither=Image.Dither.NONE) for frame in chosen]
        buffer = io.BytesIO()
        durations = [400] * (count - 1) + [2000]
        first.save(buffer, "GIF", save_all=True, append_images=others, duration=durations, loop=0, disposal=1)
        if buffer.tell() <= _MAX_GIF_BYTES:
            return buffer.getvalue()
    raise UserError(f"two frames of the animation are larger than {_MAX_GIF_BYTES:,} bytes")


def draw_matrix(runs: list[Run]) -> bytes:
    """Draw samples of runs, one run per row and one step per column, each column at the same share of the training."""
    panels = [panels_of(run) for run in runs]
    side = max(panel.width for row in panels for panel in row if panel) + _GAP
    size = (_MARGIN + _COLUMNS * side, _HEADER + len(runs) * side)
    image = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(image)
    for i, row in enumerate(panels):
        label = f"{name_of(runs[i])}\nseed {runs[i].meta['seed']}"
        pen.text((2, _HEADER + i * side + side // 2 - 12), label, fill="black")
        for j, panel in enumerate(row):
            if panel is not None:
                image.paste(panel, (_MARGIN + j * side, _HEADER + i * side))
    for j in range(_COLUMNS):
        share = (j + 1) / _COLUMNS
        pen.text((_MARGIN + j * side, 2), f"{100 * share:.0f} % of the steps", fill="black")
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return reduce_colours(buffer.getvalue())


def panels_of(run: Run) -> list[Image.Image | None]:
    """Return the first samples of a run at equal shares of its training: 4 x 4 of its grids of 8 x 8."""
    frames = {frame.step: frame.path for frame in list_frames(run.samples)}
    panels: list[Image.Image | None] = []
    for step in evenly_spaced_steps(sorted(frames), run.recipe().schedule.steps, _COLUMNS):
        if step is None:
            panels.append(None)
            continue
        with Image.open(frames[step]) as image:
            side = _TILES * (image.width // 8)
            panels.append(image.convert("RGB").crop((0, 0, side, side)))
    return panels


if __name__ == "__main__":
    main()
