"""The record of an exported model, its ``config.json``: what it is, what goes in and out, and how it was measured."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from ganbench.errors import UserError
from ganbench.export.parts import PARTS, PartName
from ganbench.health import verdict
from ganbench.inference.model import Model
from ganbench.inference.model_folder import FORMAT, ModelFolder, open_model_source
from ganbench.report.run_data import read_run_data
from ganbench.runs.run import Run

#: The version of the record's layout.
VERSION = 1
_KEPT_META = ("seed", "created", "ganbench")
_IF_ANY = ("changes",)
#: What an exported model passes on when it is exported again.
_INHERITED = ("recipe", "trained", "scores", "health")


def describe_source(path: str | Path | Run, model: Model) -> dict[str, Any]:
    """Return what is known about a model's training: recipe, run, scores of the same step, and health.

    ``without`` lists the networks of the recipe that the model lacks, since they were left out when it was packed.
    Scores of other steps, or of other weights than the model's, are left out, since they describe another model.

    Raises:
        UserError: There is no run or exported model.
    """
    source = open_model_source(path)
    if isinstance(source, ModelFolder):
        known = {name: source.config.get(name) for name in _INHERITED}
        return {**known, "without": _left_out(source.config["recipe"], model)}
    data = read_run_data(source)
    if not data.recipe:
        raise UserError(f"{source.path / 'recipe.json'} is damaged")
    trained = {name: data.meta.get(name) for name in _KEPT_META}
    trained |= {name: data.meta[name] for name in _IF_ANY if name in data.meta}
    scores = [
        {name: score.get(name) for name in ("name", "value", "better", "details", "measured")}
        for score in data.scores.values()
        if _is_of(score, model)
    ]
    return {
        "recipe": data.recipe,
        "trained": {**trained, "budget": data.recipe.get("budget"), "steps": data.steps},
        "scores": scores,
        "health": verdict(data.findings, data.step),
        "without": _left_out(data.recipe, model),
    }


def _left_out(recipe: Mapping[str, Any], model: Model) -> list[str]:
    return sorted(recipe["networks"].keys() - model.networks.keys())


def _is_of(score: Mapping[str, Any], model: Model) -> bool:
    """Whether a score is of the model's step and weights, as far as it says."""
    measured = score.get("measured")
    generator = measured.get("generator") if isinstance(measured, Mapping) else None
    if not isinstance(generator, Mapping):
        return False
    weights = generator.get("weights", model.weights)
    return generator.get("step") == model.step and weights == model.weights


def make_record(
    model: Model, part: PartName, inputs: Mapping[str, Tensor], results: Mapping[str, Tensor], target: str
) -> dict[str, Any]:
    """Return the record of a part of a model without what :func:`describe_source` knows.

    ``inputs`` and ``results`` are example tensors ``[N, ...]`` by name.
    """
    info = model.info
    record: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "ganbench": importlib.metadata.version("ganbench"),
        "step": model.step,
        "weights": model.weights,
        "part": part,
        "inputs": [_tensor(name, tensor) for name, tensor in inputs.items()],
        "outputs": [_tensor(name, tensor) for name, tensor in results.items()],
        "classes": list(model.classes),
        "data": info.to_dict(),
    }
    return record | PARTS[part].describe(model, target)


def _tensor(name: str, tensor: Tensor) -> dict[str, Any]:
    dtype = np.dtype(tensor.numpy().dtype).name
    return {"name": name, "dtype": dtype, "shape": ["N", *tensor.shape[1:]]}
