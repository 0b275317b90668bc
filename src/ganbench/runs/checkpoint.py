"""Checkpoints: written atomically and verified by hash when read; they hold no code.

A checkpoint is a folder such as ``step-00001000`` with

- ``networks.safetensors`` and ``average.safetensors``: the weights, live and averaged,
- ``state.safetensors``: the tensors of everything else,
- ``state.json``: the structure of everything else, with its numbers and strings,
- ``manifest.json``: size and SHA-256 of each file, and of the manifest itself.

It is written to a temporary folder, synced to the disk and renamed.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from ganbench.errors import RunError
from ganbench.utils.checkpoint_files import (
    MANIFEST,
    STATE,
    CheckpointError,
    checkpoint_name,
    list_checkpoints,
    manifest_text,
    read_manifest,
    read_verified,
)
from ganbench.utils.files import rename
from ganbench.utils.finite import describe_names, nonfinite_names

__all__ = [
    "CheckpointError",
    "list_checkpoints",
    "prune_checkpoints",
    "read_checkpoint",
    "read_manifest",
    "save_checkpoint",
]

#: Parts of a state whose numbers must be finite. The log may hold a NaN; the trainer checks it.
_FINITE_PARTS = {
    "networks": "the weights",
    "average": "the averaged weights",
    "algorithm": "the algorithm's buffers",
    "optimizers": "the state of the optimizers",
}


def save_checkpoint(folder: Path, state: Mapping[str, Any]) -> Path:
    """Write the checkpoint of ``state["step"]`` into ``folder``, and return its path.

    Raises:
        RunError: it holds numbers that are not finite, or cannot be written (disk full, no permission); no partial
            checkpoint is left.
    """
    if problem := _nonfinite(state):
        raise RunError(
            f"{problem} by step {state['step']}: the run diverged; no checkpoint of this step is saved, earlier ones "
            "are intact; a smaller learning rate or a stronger penalty may help"
        )
    final = folder / checkpoint_name(state["step"])
    temporary = folder / f".writing-{final.name}-{os.getpid()}"
    files = _serialize(state)
    try:
        folder.mkdir(exist_ok=True)
        shutil.rmtree(temporary, ignore_errors=True)  # left by a killed process with the same id
        temporary.mkdir()
        _write_files(temporary, files, state["step"])
        if final.exists():  # damaged, or written before the run was resumed from an earlier step
            _remove(final)
        rename(temporary, final)
        _sync(folder)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise RunError(
            f"the checkpoint of step {state['step']} could not be written to {folder} "
            f"({error.strerror or error}); earlier checkpoints are intact"
        ) from error
    return final


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Return the state in a checkpoint, after verifying every file.

    Raises:
        CheckpointError: a file is missing, cut short or changed, or a number is not finite.
    """
    manifest = read_manifest(path)
    try:
        contents = {name: read_verified(path / name, entry) for name, entry in manifest["files"].items()}
        state = _deserialize(manifest["step"], contents)
        problem = _nonfinite(state)
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CheckpointError(f"{path} is not a ganbench checkpoint") from error
    if problem:
        raise CheckpointError(f"{path} is of no use: {problem}")
    return state


def _nonfinite(state: Mapping[str, Any]) -> str:
    """Say which tensors of a state hold numbers that are not finite; empty if none does."""
    for part, what in _FINITE_PARTS.items():
        if names := nonfinite_names(dict(_tensors(state.get(part, {})))):
            return f"{what} {describe_names(names)} became infinite or NaN"
    return ""


def _tensors(value: Any, name: str = "") -> Iterator[tuple[str, Tensor]]:
    """Yield the tensors of a state with their dotted names."""
    if isinstance(value, Tensor):
        yield name, value
    elif isinstance(value, Mapping | list | tuple):
        for key, child in value.items() if isinstance(value, Mapping) else enumerate(value):
            yield from _tensors(child, f"{name}.{key}" if name else str(key))


def _deserialize(step: int, contents: Mapping[str, bytes]) -> dict[str, Any]:
    networks, average, tensors = (
        safetensors.torch.load(contents[f"{name}.safetensors"]) for name in ("networks", "average", "state")
    )
    rest = _insert_tensors(json.loads(contents[STATE]), tensors)
    return {"step": step, "networks": networks, "average": average, **dict(rest.items())}


def prune_checkpoints(folder: Path, step: int, keep_last: int, keep_step: int | None) -> None:
    """Delete old checkpoints, and temporary files of crashed processes.

    Args:
        folder: The folder of the checkpoints.
        step: The run's current step. Later checkpoints are damaged ones; they are not counted and not deleted.
        keep_last: How many of the newest checkpoints to keep.
        keep_step: The step of another checkpoint to keep.
    """
    for path in [p for p in list_checkpoints(folder) if int(p.name[5:]) <= step][keep_last:]:
        if int(path.name[5:]) != keep_step:
            _remove(path)
    for pattern in (".writing-*", ".deleting-*"):
        for path in folder.glob(pattern):
            shutil.rmtree(path, ignore_errors=True)


def _remove(path: Path) -> None:
    """Delete a checkpoint so that a crash leaves no partial one under its name."""
    trash = path.with_name(f".deleting-{path.name}")
    shutil.rmtree(trash, ignore_errors=True)
    rename(path, trash)
    shutil.rmtree(trash, ignore_errors=True)


def _serialize(state: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the contents of a checkpoint's files by name, without the manifest."""
    rest = {k: v for k, v in state.items() if k not in ("step", "networks", "average")}
    tensors: dict[str, Tensor] = {}
    structure = _extract_tensors(rest, "", tensors)
    return {
        "networks.safetensors": _serialize_tensors(state["networks"]),
        "average.safetensors": _serialize_tensors(state["average"]),
        "state.safetensors": _serialize_tensors(tensors),
        STATE: json.dumps(structure).encode(),
    }


def _serialize_tensors(tensors: Mapping[str, Tensor]) -> bytes:
    plain = {k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()}
    return safetensors.torch.save(plain)


def _write_files(folder: Path, files: Mapping[str, bytes], step: int) -> None:
    entries = {n: {"bytes": len(c), "sha256": hashlib.sha256(c).hexdigest()} for n, c in files.items()}
    for name, content in {**files, MANIFEST: manifest_text(step, entries)}.items():
        with (folder / name).open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    _sync(folder)


def _sync(folder: Path) -> None:
    """Flush a folder's entries to the disk, where the system can; Windows and some network file systems cannot."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def _extract_tensors(value: Any, name: str, tensors: dict[str, Tensor]) -> Any:
    """Return the value as JSON; its tensors are moved to ``tensors`` and replaced by their names."""
    if isinstance(value, Tensor):
        tensors[name] = value
        return {"tensor": name}
    if isinstance(value, Mapping):
        return {"items": [[k, _extract_tensors(v, f"{name}.{k}", tensors)] for k, v in value.items()]}
    if isinstance(value, list | tuple):
        kind = "list" if isinstance(value, list) else "tuple"
        return {kind: [_extract_tensors(v, f"{name}.{i}", tensors) for i, v in enumerate(value)]}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"{name}: a state may hold tensors and plain values, not {type(value).__name__}")


def _insert_tensors(value: Any, tensors: Mapping[str, Tensor]) -> Any:
    """Undo :func:`_extract_tensors`."""
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "tensor":
        return tensors[content]
    if kind == "items":
        return {k: _insert_tensors(v, tensors) for k, v in content}
    elements = [_insert_tensors(v, tensors) for v in content]
    return elements if kind == "list" else tuple(elements)
