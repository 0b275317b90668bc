"""The formats of exported models: how the file is written, and how it runs when read back."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray
from torch import Tensor

from ganbench.errors import UserError, did_you_mean
from ganbench.export.module import ExportedModule
from ganbench.inference.model import Model
from ganbench.inference.model_folder import WEIGHTS

Arrays = dict[str, NDArray[Any]]
#: Maps inputs ``[N, ...]`` by name to results by name, like the file that it was read from.
Runner = Callable[[Mapping[str, Tensor]], Arrays]

_ONNX_PACKAGES = ("onnx", "onnxscript", "onnxruntime")


@dataclass(frozen=True)
class Format:
    """A format of a program.

    Attributes:
        file: The name of its file.
        packages: What it needs besides torch; the extra ``export`` has it.
        write: Writes a traced program, with a description as JSON, to a path.
        read: Reads the file back, as a function of inputs.
    """

    file: str
    packages: tuple[str, ...]
    write: Callable[[torch.export.ExportedProgram, str, Path, list[str]], None]
    read: Callable[[Path], Runner]


def require_packages(name: str) -> None:
    """Raise UserError if the format is unknown, or a package that it needs is not installed."""
    if name not in FORMATS:
        raise UserError(f"unknown format '{name}'{did_you_mean(name, FORMATS)}")
    form = FORMATS[name]
    missing = [] if form is None else [package for package in form.packages if find_spec(package) is None]
    if missing:
        raise UserError(f"--format {name} needs {', '.join(missing)}: pip install 'ganbench[export]'")


def trace(module: ExportedModule, inputs: Mapping[str, Tensor]) -> torch.export.ExportedProgram:
    """Return a module as a program for batches of any size, traced with a batch of inputs by name.

    Raises:
        UserError: torch cannot trace the networks.
    """
    batch = torch.export.Dim("batch", min=1)
    shapes = {"inputs": tuple({0: batch} for _ in inputs)}
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            program = torch.export.export(module, tuple(inputs.values()), dynamic_shapes=shapes, strict=False)
    except Exception as error:  # torch raises many kinds, and the networks may be a user's own
        raise UserError(
            f"torch.export cannot trace this {module.part} for batches of any size: {_reason(error)} "
            "(networks must not use len(x), but x.shape[0], and must not branch on values)"
        ) from error
    for node in program.graph.nodes:  # they name files of this machine
        node.meta.pop("stack_trace", None)
    return program


def save_weights(model: Model, path: Path) -> None:
    """Write all networks and the algorithm's state to ``model.safetensors``."""
    tensors = {f"networks.{name}": tensor for name, tensor in model.networks.state_dict().items()}
    tensors |= {f"algorithm.{name}": tensor for name, tensor in model.algorithm.state_dict().items()}
    plain = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    path.write_bytes(safetensors.torch.save(plain, metadata={"format": "pt"}))


def _write_torch(
    program: torch.export.ExportedProgram, description: str, path: Path, outputs: list[str]
) -> None:
    torch.export.save(program, path, extra_files={"config.json": description})


def _read_torch(path: Path) -> Runner:
    module = torch.export.load(path).module()

    def run(inputs: Mapping[str, Tensor]) -> Arrays:
        with torch.no_grad():
            return {name: value.numpy() for name, value in module(*inputs.values()).items()}

    return run


def _write_onnx(
    program: torch.export.ExportedProgram, description: str, path: Path, outputs: list[str]
) -> None:
    names = json.loads(description)["inputs"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        onnx: Any = torch.onnx.export(
            program,
            dynamo=True,
            verbose=False,
            input_names=[entry["name"] for entry in names],
            output_names=outputs,
            dynamic_shapes={"inputs": tuple({0: "batch"} for _ in names)},
        )
    for graph in (onnx.model.graph, *onnx.model.functions.values()):
        for node in graph:
            node.metadata_props.clear()  # they name files of this machine
    onnx.model.metadata_props["ganbench"] = description
    onnx.save(path)


def _read_onnx(path: Path) -> Runner:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]

    def run(inputs: Mapping[str, Tensor]) -> Arrays:
        results = session.run(None, {name: value.numpy() for name, value in inputs.items()})
        return dict(zip(names, map(np.asarray, results), strict=True))

    return run


#: The formats by name; the weights alone are None, as they are no program.
FORMATS: Mapping[str, Format | None] = MappingProxyType(
    {
        "safetensors": None,
        "onnx": Format("model.onnx", _ONNX_PACKAGES, _write_onnx, _read_onnx),
        "torch": Format("model.pt2", (), _write_torch, _read_torch),
    }
)


def file_name(name: str) -> str:
    """Return the name of a format's file."""
    form = FORMATS[name]
    return WEIGHTS if form is None else form.file


def _reason(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:300]
