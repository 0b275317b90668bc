"""Export the model of a run as a folder for other programs: its file, a record, a card and a few results to check."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from ganbench.data.io.npz import write_npz
from ganbench.errors import UserError, did_you_mean
from ganbench.export.card import CARD, render_card
from ganbench.export.formats import FORMATS, Arrays, Runner, file_name, require_packages, save_weights, trace
from ganbench.export.module import ExportedModule, example_inputs
from ganbench.export.parity import INPUTS, Parity, compare, reference_results
from ganbench.export.parts import PARTS, PartName, choose_part, default_target
from ganbench.export.record import describe_source, make_record
from ganbench.inference.load import load
from ganbench.inference.model import Model, Weights
from ganbench.inference.model_folder import CONFIG
from ganbench.runs.run import Run
from ganbench.utils.files import check_writable, new_folder, write_bytes, write_sealed_json
from ganbench.utils.float32 import float32_default
from ganbench.visualization.export import set_representation_source
from ganbench.visualization.image_grid import sample_picture

CHECK, PICTURE = "check.npz", "samples.png"
_CHECKED, _SHOWN = 16, 64  # how many inputs ``check.npz`` has, and how many samples ``samples.png`` shows


def export_run(
    run: str | Path | Run,
    out: str | Path,
    *,
    format: str = "safetensors",
    part: str | None = None,
    to: str | None = None,
    step: int | str | None = None,
    weights: Weights = "averaged",
    representations: str | None = None,
    trusted: Collection[str] = (),
) -> Parity:
    """Write the model of a run as a new folder, after comparing the file with what the run's model computes.

    The folder holds the file (``model.safetensors``, ``model.onnx`` or ``model.pt2``), ``config.json``, the card
    ``README.md``, ``check.npz`` with a few inputs and results, and for generators ``samples.png``.

    Args:
        run: The run, its folder, or the folder of a model that was exported as safetensors.
        out: The folder; it must not exist.
        format: "safetensors" (for ganbench), "onnx" or "torch" (a program of torch.export).
        part: "generator", "encoder" or "translator"; by default the first of them that the model has, except that
            safetensors hold the whole model.
        to: The domain that a translator translates to; by default the last of those that it has, such as "b".
        step: A step with a checkpoint, or "best"; by default that of the newest.
        weights: "averaged" (EMA weights, if the run has some) or "live".
        representations: Where a generator conditioned on representations takes them from, such as "normal".
        trusted: Names of the user's own Python modules that the recipe may import.

    Returns:
        The largest differences between the exported model and the original.

    Raises:
        UserError: An argument is wrong, ``out`` exists, a package is missing, or the model cannot be exported.
        RunError: The exported model computes something else than the original.

    Example:
        >>> import ganbench
        >>> run = ganbench.train("gan-ring8", budget="laptop", out="runs/to-export", overrides={"schedule.steps": 20})
        >>> parity = ganbench.export_run(run, "runs/exported")
        >>> parity.values < 1e-6, ganbench.load("runs/exported").sample(5).shape
        (True, torch.Size([5, 2]))
    """
    out = Path(out)
    require_packages(format)
    _check_out(out)
    for option, given in (("part", part), ("to", to), ("representations", representations)):
        if given and FORMATS[format] is None:
            raise UserError(
                f"--format {format} holds the whole model, so it takes no --{option}; onnx and torch do"
            )
    model = load(run, step, trusted, weights=weights)
    if representations is not None:
        set_representation_source(model, representations)
    chosen = choose_part(model, part)
    target = _target(model, chosen, to)
    with new_folder(out) as folder:
        return _fill(folder, model, chosen, target, format, describe_source(run, model), trusted)


@float32_default()
def _fill(
    folder: Path,
    model: Model,
    part: PartName,
    target: str,
    name: str,
    source: Mapping[str, Any],
    trusted: Collection[str],
) -> Parity:
    """Write everything into an empty folder, and return the differences. Raises RunError if they are too large."""
    inputs = example_inputs(model, part, INPUTS)
    expected = reference_results(model, part, inputs, target)
    record = {**make_record(model, part, inputs, expected, target), "file_format": name, **source}
    file = folder / file_name(name)
    form = FORMATS[name]
    if form is None:
        save_weights(model, file)
    else:
        module = ExportedModule(model, part, target)
        program = trace(module, {name: value[:3] for name, value in inputs.items()})
        form.write(program, json.dumps(record), file, list(expected))
    record["files"] = {file.name: _fingerprint(file)}
    write_sealed_json(folder / CONFIG, record)  # load() reads it, to compare
    run = _reload(folder, model, part, target, trusted) if form is None else form.read(file)
    parity = compare(run, inputs, expected)
    parity.require(f"the {name} file")
    record["parity"] = parity.to_dict()
    write_sealed_json(folder / CONFIG, record)
    checked = {**inputs, **expected}
    write_npz(folder / CHECK, {key: value[:_CHECKED].numpy() for key, value in checked.items()})
    samples = expected.get("samples")
    if samples is not None:
        write_bytes(folder / PICTURE, sample_picture(model.info, samples[:_SHOWN]))
    write_bytes(folder / CARD, render_card(record, picture="" if samples is None else PICTURE).encode())
    return parity


def _reload(folder: Path, model: Model, part: PartName, target: str, trusted: Collection[str]) -> Runner:
    """Return a function that computes the part with the model in a folder."""
    again = load(folder, trusted=trusted, weights=model.weights)

    def run(inputs: Mapping[str, Tensor]) -> Arrays:
        results = reference_results(again, part, inputs, target)
        return {name: value.numpy() for name, value in results.items()}

    return run


def _target(model: Model, part: PartName, to: str | None) -> str:
    domains = PARTS[part].domains(model)
    if to is not None and not domains:
        raise UserError(f"--to is for translators, and this part is a {part}")
    if to is not None and to not in domains:
        raise UserError(f"there is no domain '{to}'{did_you_mean(to, domains)}")
    return to or default_target(model, part)


def _check_out(out: Path) -> None:
    if os.path.lexists(out):
        raise UserError(f"{out} exists; give a new folder as --out")
    if not out.parent.is_dir():
        raise UserError(f"the folder {out.parent} does not exist")
    check_writable(out)


def _fingerprint(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
