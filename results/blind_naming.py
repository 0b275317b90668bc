"""Name the classes of a conditional model by eye, without knowing them: draw a sheet, look at it, enter the names.

    python results/blind_naming.py draw RUN SHEET.png
    python results/blind_naming.py enter SHEET.png NAME NAME...

Each column of the sheet has eight samples of one class, in a random order, which is written to ``SHEET.json``: do not
read it. ``enter`` takes a name for each column from left to right, and adds the answers to
``results/works/blind_naming.json``. Who enters each class once and guesses is right for one column on average.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import torch

from ganbench.inference.load import load
from ganbench.runs.run import Run
from ganbench.utils.files import write_bytes, write_json
from ganbench.visualization.image_grid import sample_picture

ANSWERS = Path(__file__).parent / "works" / "blind_naming.json"
ROWS, SEED = 8, 77


def main() -> None:
    """Run the subcommand on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    draw_parser = commands.add_parser("draw")
    draw_parser.add_argument("run", type=Path)
    draw_parser.add_argument("sheet", type=Path)
    enter_parser = commands.add_parser("enter")
    enter_parser.add_argument("sheet", type=Path)
    enter_parser.add_argument("names", nargs="+")
    arguments = parser.parse_args()
    if arguments.command == "draw":
        draw(arguments.run, arguments.sheet)
    else:
        print(enter(arguments.sheet, arguments.names))


def draw(path: Path, sheet: Path) -> None:
    """Write the sheet and the order of its classes."""
    run = Run(path)
    model = load(run)
    order = torch.randperm(len(model.classes), generator=torch.Generator().manual_seed(torch.seed()))
    latents = model.latents(ROWS, SEED).repeat_interleave(len(order), 0)
    samples = model.decode(latents, order.repeat(ROWS))
    write_bytes(sheet, sample_picture(model.info, samples, columns=len(order)))
    columns = [model.classes[number] for number in order.tolist()]
    facts = {"recipe": run.recipe().name, "seed": run.meta["seed"], "step": model.step, "rows": ROWS}
    write_json(sheet.with_suffix(".json"), {**facts, "columns": columns})


def enter(sheet: Path, names: list[str]) -> str:
    """Add the names for a sheet to the answers, and return how many are right."""
    facts: dict[str, Any] = json.loads(sheet.with_suffix(".json").read_text())
    if sorted(names) != sorted(facts["columns"]):
        raise SystemExit(f"give each class once: {', '.join(sorted(facts['columns']))}")
    answers = json.loads(ANSWERS.read_text()) if ANSWERS.exists() else {}
    write_json(ANSWERS, {**answers, facts["recipe"]: {**facts, "named": names}})
    return describe({**facts, "named": names})


def describe(answer: dict[str, Any]) -> str:
    """Return a sentence about the answers for one run."""
    right = sum(a == b for a, b in zip(answer["columns"], answer["named"], strict=True))
    return (
        f"Named blind by eye, {right} of {len(answer['columns'])} classes are right (seed {answer['seed']}, columns "
        f"of {answer['rows']} samples; guessing gives 1)."
    )


if __name__ == "__main__":
    main()
