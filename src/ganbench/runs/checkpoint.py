"""Checkpoints: written atomically and verified by hash when read; they hold no code.

A checkpoint is a folder such as ``step-00001000`` with

- ``networks.safetensors`` and ``average.safetensors``: the weights, live and averaged,
- ``state.safetensors``: the tensors of everything else,
- ``state.json``: the structure of everything else, with its numbers and strings,
- ``manifest.json``: size and SHA-256 of each file, and of the manifest itself.

It is written to a temporary folder, synced to the disk and renamed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from ganbench.errors import RunError

_FORMAT = 1
_MANIFEST = "manifest.json"
_STATE = "state.json"
_NAMES = {"networks.safetensors", "average.safetensors", "state.safetensors", _STATE}


class CheckpointError(Exception):
    """A checkpoint is damaged or incomplete; the message names the file."""


def save_checkpoint(folder: Path, state: Mapping[str, Any]) -> Path:
    """Write the checkpoint of ``state["step"]`` into ``folder``, and return its path.

    Raises:
        RunError: it cannot be written (disk full, no permission); no partial checkpoint is left.
    """
    final = folder / _name(state["step"])
    temporary = folder / f".writing-{final.name}-{os.getpid()}"
    files = _serialize(state)
    try:
        folder.mkdir(exist_ok=True)
        shutil.rmtree(temporary, ignore_errors=True)  # left by a killed process with the same id
        temporary.mkdir()
        _write_files(temporary, files, state["step"])
        if final.exists():  # damaged, or written before the run was resumed from an earlier step
            _remove(final)
        temporary.rename(final)
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
        CheckpointError: a file is missing, cut short or changed.
    """
    manifest = read_manifest(path)
    try:
        contents = {name: _read_verified(path / name, entry) for name, entry in manifest["files"].items()}
        return _deserialize(manifest["step"], contents)
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CheckpointError(f"{path} is not a ganbench checkpoint") from error


def _deserialize(step: int, contents: Mapping[str, bytes]) -> dict[str, Any]:
    networks, average, tensors = (
        safetensors.torch.load(contents[f"{name}.safetensors"]) for name in ("networks", "average", "state")
    )
    rest = _insert_tensors(json.loads(contents[_STATE]), tensors)
    return {"step": step, "networks": networks, "average": average, **dict(rest.items())}


def _name(step: int) -> str:
    return f"step-{step:08d}"


def read_manifest(path: Path) -> dict[str, Any]:
    """Return a checkpoint's manifest, verified by its own hash.

    Raises:
        CheckpointError: it is missing or changed.
    """
    try:
        text = (path / _MANIFEST).read_bytes()
        manifest = json.loads(text)
        intact = _manifest_text(manifest["step"], manifest["files"]) == text and manifest["format"] == _FORMAT
        intact = intact and path.name == _name(manifest["step"]) and set(manifest["files"]) == _NAMES
    except OSError as error:
        raise CheckpointError(f"{path / _MANIFEST} cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CheckpointError(f"{path / _MANIFEST} is damaged") from error
    if not intact:
        raise CheckpointError(f"{path / _MANIFEST} is damaged")
    return manifest  # type: ignore[no-any-return]


def list_checkpoints(folder: Path) -> list[Path]:
    """Return the checkpoints in a folder, newest first, including damaged ones."""
    paths = [p for p in folder.glob("step-*") if p.name[5:].isdigit() and p.is_dir()]
    return sorted(paths, key=lambda p: int(p.name[5:]), reverse=True)


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
    path.rename(trash)
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
        _STATE: json.dumps(structure).encode(),
    }


def _serialize_tensors(tensors: Mapping[str, Tensor]) -> bytes:
    plain = {k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()}
    return safetensors.torch.save(plain)


def _write_files(folder: Path, files: Mapping[str, bytes], step: int) -> None:
    entries = {n: {"bytes": len(c), "sha256": hashlib.sha256(c).hexdigest()} for n, c in files.items()}
    for name, content in {**files, _MANIFEST: _manifest_text(step, entries)}.items():
        with (folder / name).open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    _sync(folder)


def _manifest_text(step: int, files: Mapping[str, Any]) -> bytes:
    """Return a manifest as bytes, in a unique form, so that any change is detected."""
    body = {"format": _FORMAT, "step": step, "files": dict(files)}
    digest = hashlib.sha256(json.dumps(body).encode()).hexdigest()
    return (json.dumps({**body, "sha256": digest}, indent=1) + "\n").encode()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_verified(path: Path, entry: Mapping[str, Any]) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read ({error.strerror})") from error
    if len(content) != entry["bytes"]:
        raise CheckpointError(f"{path} has {len(content)} bytes instead of {entry['bytes']}")
    if hashlib.sha256(content).hexdigest() != entry["sha256"]:
        raise CheckpointError(f"{path} has changed since it was written (SHA-256 differs)")
    return content


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
