"""Count for how many recipes' models the server's results are those of the model's own methods, bit for bit.

    python -m benchmarks.serve_exact [--width 8] [--batch 32] [--out results/serve_exact.json] [RECIPES]

The models have random weights; see benchmarks/export_parity.py. For each thing that the server can do with a model:

- ``mates``: the largest difference of a row's result between batches with other rows, in other places. The server pads
  every batch to one size, so this must be 0.
- ``sizes``: the largest difference between the server's result and ``model.sample(n)`` (``encode``, ``translate``), and
  the numbers n from 1 to 40 for which it is not 0: the batch of the model's own methods has n rows.

Differences are in the data's own units: of 255 for images, and of coordinates or latents.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.export_parity import random_model
from ganbench.algorithms.capabilities import domains_of
from ganbench.dashboard.playground import representation_sources
from ganbench.export.parts import PARTS
from ganbench.inference.model import Model
from ganbench.metrics.record import versions
from ganbench.recipes.registry import recipe_functions
from ganbench.serve.batching import Rows, Task
from ganbench.serve.schemas import SampleQuery
from ganbench.serve.tasks import Tasks
from ganbench.training.engine import processor
from ganbench.utils.files import write_json
from ganbench.utils.random_stream import RandomStream

_SIZES = range(1, 41)


def tasks_of(model: Model, rows: int) -> dict[str, Task]:
    """Return a task of so many rows for each thing that the server can do with a model."""
    items = model.info.to_data(RandomStream(0, "items").uniform(rows, *model.info.shape, low=-1.0))
    make, tasks = Tasks(model), {}
    sources = representation_sources(model)
    if PARTS["generator"].is_of(model) and (sources or not model.needs_real_inputs):
        query = SampleQuery(n=rows, representations=sources[0] if sources else None)
        tasks["sample"] = make.sample(query, model.labels(rows))
    if PARTS["encoder"].is_of(model):
        tasks["encode"] = make.encode(items)
    if PARTS["translator"].is_of(model):
        tasks["translate"] = make.translate(items, domains_of(model.algorithm)[-1])
    return tasks


def worst_difference(task: Task, batch: int) -> float:
    """Return the largest difference between results of a row in batches with other rows, in other places."""
    rows = task.draw()
    rows = {name: tensor[:batch] for name, tensor in rows.items()}
    expected = task.compute(rows)
    worst = 0.0
    for order in (torch.arange(batch).flip(0), torch.arange(batch).roll(7)):
        worst = max(worst, _difference(task.compute(_take(rows, order)), expected[order]))
    for row in (0, batch // 3, batch - 1):
        alone = task.compute(_take(rows, torch.full((batch,), row)))
        worst = max(worst, _difference(alone, expected[row].expand_as(alone)))
    return worst


def differing_sizes(task: Task, batch: int) -> tuple[list[int], float]:
    """Return the numbers of rows for which an unpadded batch gives other results, and the largest difference.

    The number of the task's rows is a multiple of ``batch``.
    """
    rows = task.draw()
    whole = torch.split(torch.arange(_count(rows)), batch)
    padded = torch.cat([task.compute(_take(rows, index)) for index in whole])
    differences = {n: _difference(task.compute(_take(rows, torch.arange(n))), padded[:n]) for n in _SIZES}
    return [n for n, difference in differences.items() if difference], max(differences.values())


def _count(rows: Rows) -> int:
    return len(next(iter(rows.values())))


def _take(rows: Rows, index: Tensor) -> Rows:
    return {name: tensor[index] for name, tensor in rows.items()}


def _difference(a: Tensor, b: Tensor) -> float:
    return float((a.double() - b.double()).abs().max())


def measure(name: str, width: int | None, batch: int) -> dict[str, dict[str, Any]]:
    """Return the differences for everything that the server can do with a recipe's model."""
    model = random_model(name, width)
    results = {}
    for what, task in tasks_of(model, 2 * batch).items():
        sizes, largest = differing_sizes(task, batch)
        results[what] = {"mates": worst_difference(task, batch), "sizes": largest, "differing": sizes}
    return results


def main() -> None:
    """Measure every recipe that the output file does not have yet."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--width", type=int, help="of all networks that have one; by default the recipe's own"
    )
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--out", type=Path, default=Path("results/serve_exact.json"))
    parser.add_argument("recipes", nargs="*")
    arguments = parser.parse_args()
    record: dict[str, Any] = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
    record |= {
        "width": arguments.width,
        "batch": arguments.batch,
        "threads": torch.get_num_threads(),
        "processor": processor(),
        "versions": versions("ganbench", "torch"),
    }
    models = record.setdefault("models", {})
    for name in arguments.recipes or recipe_functions():
        if name not in models:
            models[name] = measure(name, arguments.width, arguments.batch)
            write_json(arguments.out, record)
            print(name, models[name], flush=True)
    print(summary(models))


def summary(models: dict[str, dict[str, dict[str, Any]]]) -> str:
    """Return how many models give the same bits, for each thing that the server does."""
    lines = []
    for what in ("sample", "encode", "translate"):
        values = [results[what] for results in models.values() if what in results]
        same = sum(not value["mates"] for value in values)
        equal = sum(not value["differing"] for value in values)
        last = max((n for value in values for n in value["differing"]), default=0)
        lines.append(
            f"{what}: of {len(values)} models, {same} do not depend on other rows, and {equal} equal the model's own "
            f"method for every n; the others differ up to n = {last}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
