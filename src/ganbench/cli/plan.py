"""The command ``plan``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Literal, Optional

import typer

from ganbench.cli.options import (
    BudgetOption,
    JsonOption,
    ModuleOption,
    Overrides,
    RecipeArgument,
    import_modules,
)

if TYPE_CHECKING:
    from ganbench.experiment.scale_plan import ScalePlan


def plan(
    recipe: RecipeArgument,
    overrides: Overrides = None,
    budget: BudgetOption = None,
    images: Annotated[
        Optional[float],  # noqa: UP045 (typer needs this form)
        typer.Option(
            min=1, help="Images that the run sees, as 1e9. Default: those of the recipe's schedule."
        ),
    ] = None,
    nodes: Annotated[int, typer.Option(min=1, max=100_000, help="Number of machines.")] = 1,
    devices: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, max=1024, help="Processes on each machine. Default: one for each device."),
    ] = None,
    hardware: Annotated[
        Literal["here", "a100", "h100", "h200", "l4", "l40s"],
        typer.Option(help="This machine, measured now, or a device with stated constants."),
    ] = "here",
    image_kb: Annotated[float, typer.Option(min=0, help="Stored size of an image in kB.")] = 0.0,
    stored_images: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(min=0, help="Number of images in the store. Default: each image is seen once."),
    ] = None,
    price: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(min=0, help="Price of one machine for one hour, in any currency."),
    ] = None,
    as_json: JsonOption = False,
    module: ModuleOption = None,
) -> None:
    """Predict a run on other machines: how long it takes, and what it sends, reads, stores and costs."""
    from ganbench.experiment.hardware import STATED
    from ganbench.experiment.resolve_recipe import resolve_recipe
    from ganbench.experiment.scale_plan import count_work, measure_this_machine, predict
    from ganbench.inference.build import make_dataset
    from ganbench.recipes.overrides import parse_overrides
    from ganbench.training.engine import Engine

    resolved = resolve_recipe(recipe, budget, parse_overrides(overrides or []), import_modules(module)).recipe
    with Engine(resolved.machine) as engine:
        dataset = make_dataset(resolved)
        work = count_work(resolved, dataset, engine)
        machine = (
            measure_this_machine(resolved, dataset, engine, work) if hardware == "here" else STATED[hardware]
        )
    seen = images or float(resolved.schedule.steps * resolved.schedule.batch)
    result = predict(
        resolved,
        work,
        machine,
        machines=nodes,
        devices=devices,
        images=seen,
        stored_bytes=1e3 * image_kb * (seen if stored_images is None else stored_images),
        price=price,
    )
    print(json.dumps(result.to_dict(), indent=1) if as_json else describe(result))


def describe(result: ScalePlan) -> str:
    """Return the plan as lines of text."""
    times = result.step_seconds, result.compute_seconds, result.reduce_seconds
    step, compute, reduce = (_number(1e3 * seconds) for seconds in times)
    lines = [
        f"{result.recipe} on {_count(result.machines, 'machine')}, {_count(result.processes, 'process')} of "
        f"{result.hardware}",
        f"  constants      {result.source}",
        f"  batch          {result.batch:,}, {result.batch // result.processes:,} for each process",
        f"  steps          {result.steps:,} for {result.images:,.0f} images",
        f"  step           {step} ms: {compute} ms to compute, {reduce} ms to average gradients",
        f"  run            {_duration(result.total_seconds)}",
        f"  gradients      {_number(result.reduced_bytes_per_step / 1e6)} MB per step and process",
        f"  data           {_number(result.read_bytes_per_second / 1e6)} MB/s of decoded images in all",
        f"  storage        {_number(result.storage_bytes / 1e9)} GB of images and checkpoints",
    ]
    if result.price is not None:
        lines.append(f"  price          {result.price:,.2f}")
    return "\n".join(lines)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "es" if noun.endswith("s") else "s")


def _duration(seconds: float) -> str:
    for unit, length in (("days", 2 * 86400), ("hours", 2 * 3600), ("minutes", 120)):
        if seconds >= length:
            return f"{_number(2 * seconds / length)} {unit}"
    return f"{_number(seconds)} seconds"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
