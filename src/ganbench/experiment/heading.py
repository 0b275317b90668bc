"""The lines that open a run: where it is written, and what is trained on which machine for how long."""

from __future__ import annotations

from pathlib import Path

from ganbench.data.base import DataInfo
from ganbench.recipes.base import Recipe
from ganbench.training.engine import Engine
from ganbench.training.trainer import Trainer


def heading(path: Path, recipe: Recipe, info: DataInfo, trainer: Trainer) -> list[str]:
    """Return the lines that are printed before the first step."""
    budget = f", budget {recipe.budget}" if recipe.budget else ""
    return [
        f"run: {path} (recipe {recipe.name}{budget}, seed {trainer.seed})",
        f"machine: {describe_machine(trainer.engine)}",
        f"data: {describe_data(info)}",
        f"networks: {describe_networks(trainer)}",
        f"plan: {describe_plan(trainer)}",
    ]


def describe_machine(engine: Engine) -> str:
    """Return the device, the number of threads and processes, and the precision."""
    threads = f"{engine.threads} thread{'s' if engine.threads > 1 else ''}"
    processes = f" in each of {engine.world_size} processes" if engine.world_size > 1 else ""
    return f"{engine.device}, {threads}{processes}, {engine.machine.precision}"


def describe_data(info: DataInfo) -> str:
    """Return the data set's name, size, shape and number of classes."""
    if info.kind == "image":
        channels, height, width = info.shape
        colour = {1: "grey ", 3: "colour "}.get(channels, f"{channels}-channel ")
        items = f"{info.size:,} {colour}images of {width}x{height} pixels"
    else:
        items = f"{info.size:,} points in {info.shape[0]} dimension{'s' if info.shape[0] > 1 else ''}"
    classes = f", {len(info.classes)} classes" if len(info.classes) > 1 else ""
    return f"{info.name}, {items}{classes}"


def describe_networks(trainer: Trainer) -> str:
    """Return the class and the number of weights of each network."""
    return ", ".join(
        f"{name} {type(network).__name__} ({sum(p.numel() for p in network.parameters()):,} weights)"
        for name, network in trainer.networks.items()
    )


def describe_plan(trainer: Trainer) -> str:
    """Return the number of steps, the batch size, and how often the run writes what."""
    schedule = trainer.schedule
    intervals = {
        "samples": schedule.sample_every,
        "scores": schedule.evaluate_every,
        "checkpoints": schedule.checkpoint_every,
    }
    every = ", ".join(
        f"{name} every {steps:,}" if steps < schedule.steps else f"{name} at the end"
        for name, steps in intervals.items()
        if steps
    )
    return f"{schedule.steps:,} steps with batch size {schedule.batch}; {every}"
