"""A run folder of a few steps written by hand: every kind of event, two folders of pictures, one score."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import torch

from ganbench.data.base import DataInfo
from ganbench.recipes.registry import find_recipe
from ganbench.runs.run import Run
from ganbench.utils.files import write_json
from ganbench.visualization.image_grid import sample_picture

INFO = DataInfo(name="ring8", kind="points", shape=(2,), size=8, fingerprint="f00d", low=-15, high=15)
MACHINE = {"device": "cpu", "threads": 1, "processes": 1, "torch": "2", "python": "3"}
HOSTILE = "</script><img src=x onerror=alert(1)>\"'"


def example_run(
    path: Path, name: str = "gan-r1-ring8", summary: str = "a run", term: str = "G/adversarial"
) -> Run:
    """Create the run; ``summary`` and ``term`` may contain HTML."""
    recipe = dataclasses.replace(find_recipe(name, "laptop"), summary=summary)
    meta = {"ganbench": "0", "seed": 7, "created": "now", "data": INFO.to_dict(), "machine": MACHINE}
    run = Run.create(path, recipe.override({"schedule.steps": 40}), meta)
    for step in (10, 20, 30, 40):
        run.events.append("scalars", step, kimg=1.0, **{"D/adversarial": 10 / step, term: 0.1 * step})
        run.events.append("speed", step, images_per_second=100.0, seconds={"total": 1.0})
        layers = {
            f"{n}.layers.{i}.{p}": [0.1 * i + 1 / step, 0.0, 0.01 * step]
            for n in "DG"
            for i in (0, 3)
            for p in ("weight", "bias")
        }
        run.events.append("layers", step, parameters=layers)
        run.events.append("health", step, spread=0.9, nearest=1.1, separation=0.8, undecided=1.386)
        picture = sample_picture(INFO, torch.full((5, 2), float(step) / 10), title=f"step {step}")
        for folder in (run.samples, run.critic):
            folder.mkdir(exist_ok=True)
            (folder / f"step-{step:08d}.png").write_bytes(picture)
    score = {
        "name": "modes",
        "value": 8.0,
        "better": "higher",
        "details": {"high_quality": 0.9},
        "measured": {"samples": 2500},
    }
    write_json(run.eval / "modes.json", score)
    return run
