"""Export every recipe's model, with random weights, and measure how far the file's results are from the original's.

``python -m benchmarks.export_parity --format onnx --out results/export_parity.json`` prints a line for each part of
each recipe and can be resumed. Weights are scaled until samples fill much of [-1, 1], and batch norm gets random
statistics, so that a mistake in either would show.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch.nn.modules.batchnorm import _BatchNorm

from ganbench.config.spec import parameters
from ganbench.data.base import DataInfo
from ganbench.errors import UserError
from ganbench.export.formats import FORMATS, Runner, trace
from ganbench.export.module import ExportedModule, example_inputs
from ganbench.export.parity import INPUTS, Parity, compare, reference_results
from ganbench.export.parts import PARTS, PartName, default_target
from ganbench.inference.build import assemble
from ganbench.inference.model import Model
from ganbench.recipes.base import Recipe
from ganbench.recipes.registry import find_recipe, recipe_functions
from ganbench.utils.files import write_json

SHAPES = {
    "mnist": (1, 28, 28),
    "fashion-mnist": (1, 28, 28),
    "stacked-mnist": (3, 28, 28),
    "imagenette64": (3, 64, 64),
    "tiny-imagenet": (3, 64, 64),
    "mixture1d": (1,),
    "ring8": (2,),
    "ring8-narrow": (2,),
    "grid25": (2,),
    "grid25-narrow": (2,),
}
_SPREAD, _LEVEL = (
    0.2,
    0.4,
)  # weights are scaled until one of the two is reached: standard deviation or mean size


def random_model(name: str, width: int | None = None) -> Model:
    """Return a recipe's laptop-size model with random weights, and data that are only described.

    ``width`` replaces that of all networks that have one.
    """
    recipe = find_recipe(name, "laptop")
    if width is not None:
        networks = {n for n, spec in recipe.networks.items() if "width" in parameters(spec.target)}
        recipe = recipe.override({f"networks.{n}.width": width for n in networks})
    info = stand_in_info(recipe)
    parts = assemble(recipe, info, seed=0)
    model = Model(parts.algorithm, parts.networks.eval().requires_grad_(False), parts.latent, info, step=0)
    _enliven(model)
    return model


def stand_in_info(recipe: Recipe) -> DataInfo:
    """Return the description of a data set with the shape of the recipe's and ten classes."""
    name = recipe.data.target.dataset_name  # type: ignore[union-attr]
    shape = SHAPES.get(name, (3, 32, 32))
    return DataInfo(
        name=name,
        kind="image" if len(shape) == 3 else "points",
        shape=shape,
        size=1000,
        fingerprint="stand-in",
        classes=tuple(map(str, range(10))),
    )


@torch.no_grad()
def _enliven(model: Model) -> None:
    """Give batch norm random statistics, and scale the weights until results vary."""
    generator = torch.Generator().manual_seed(0)
    for layer in model.networks.modules():
        if isinstance(layer, _BatchNorm) and layer.running_mean is not None:
            layer.running_mean.normal_(0, 0.1, generator=generator)
            layer.running_var.uniform_(0.5, 1.5, generator=generator)  # type: ignore[union-attr]
    for part in parts_of(model):
        if part == "encoder":
            continue
        inputs, level = example_inputs(model, part, 6), -1.0
        while True:
            values = reference_results(model, part, inputs, default_target(model, part))["values"]
            if values.std(0).mean() > _SPREAD or values.abs().mean() > _LEVEL or values.abs().mean() <= level:
                break  # the last is for weights that are normalized, so that scaling changes nothing
            level = float(values.abs().mean()) * 1.01
            for parameter in model.networks.parameters():
                if parameter.dim() > 1:
                    parameter.mul_(1.2)


def parts_of(model: Model) -> list[PartName]:
    """Return the parts that a model has."""
    return [name for name, part in PARTS.items() if part.is_of(model)]


def measure(model: Model, part: PartName, form: str) -> tuple[Parity, int]:
    """Export a part of a model, and return the differences and the size of the file in bytes."""
    inputs = example_inputs(model, part, INPUTS)
    expected = reference_results(model, part, inputs, default_target(model, part))
    program = trace(ExportedModule(model, part), {name: value[:3] for name, value in inputs.items()})
    chosen = FORMATS[form]
    assert chosen is not None, "weights are no program"
    with TemporaryDirectory() as folder:
        path = Path(folder) / chosen.file
        description = json.dumps({"inputs": [{"name": name} for name in inputs]})
        chosen.write(program, description, path, list(expected))
        size = path.stat().st_size
        run: Runner = chosen.read(path)
        return compare(run, inputs, expected), size


def main() -> None:
    """Measure every recipe that the output file does not have yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--format", default="onnx", choices=[n for n, f in FORMATS.items() if f is not None])
    parser.add_argument("--out", type=Path, default=Path("results/export_parity.json"))
    parser.add_argument(
        "--width", type=int, help="of all networks that have one; by default the recipe's own"
    )
    parser.add_argument("recipes", nargs="*")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    results: dict[str, Any] = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
    for name in arguments.recipes or recipe_functions():
        model = random_model(name, arguments.width)
        for part in parts_of(model):
            key = f"{name} {part} {arguments.format}"
            if key in results:
                continue
            start = time.process_time()
            try:
                parity, size = measure(model, part, arguments.format)
                results[key] = {
                    **parity.to_dict(),
                    "bytes": size,
                    "seconds": round(time.process_time() - start, 1),
                }
            except UserError as error:
                results[key] = {"error": str(error)}
            write_json(arguments.out, results)
            print(key, results[key], flush=True)


if __name__ == "__main__":
    main()
