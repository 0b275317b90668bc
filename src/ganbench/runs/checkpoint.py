"""Checkpoints that are whole or not there: tensors only, hashed, written aside, synced and renamed.

A checkpoint is a folder ``step-00001000`` with ``networks.safetensors``, ``average.safetensors``,
``state.safetensors`` (the tensors of everything else), ``state.json`` (its structure and numbers) and
``manifest.json`` (size and SHA-256 of each file, and of itself). Nothing in it can run code.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping
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
    """Write the state as the checkpoint of its step below ``folder`` and return its path.

    Raises:
        RunError: it cannot be written (disk full, no permission); nothing half-written is left.
    """
    final = folder / _name(state["step"])
    temporary = folder / f".writing-{final.name}-{os.getpid()}"
    files = _files(state)
    try:
        folder.mkdir(exist_ok=True)
        shutil.rmtree(temporary, ignore_errors=True)  # left by a killed process that had our number
        temporary.mkdir()
        _write_files(temporary, files, state["step"])
        if final.exists():  # it was found damaged, or a resumed run has come here again
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


def read_checkpoint(path: Path, parts: Iterable[str] = ("networks", "average", "state")) -> dict[str, Any]:
    """Return the state in a checkpoint, each file hashed before it is used.

    Raises:
        CheckpointError: a file is missing, cut short or changed.
    """
    manifest = read_manifest(path)
    try:
        contents = {name: _verified(path / name, entry) for name, entry in manifest["files"].items()}
        return _state(manifest["step"], contents, parts)
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CheckpointError(f"{path} holds something else than a ganbench checkpoint") from error


def _state(step: int, contents: Mapping[str, bytes], parts: Iterable[str]) -> dict[str, Any]:
    state: dict[str, Any] = {"step": step}
    for part in parts:
        tensors = safetensors.torch.load(contents[f"{part}.safetensors"])
        if part == "state":
            state |= _restore(json.loads(contents[_STATE]), tensors).items()
        else:
            state[part] = tensors
    return state


def _name(step: int) -> str:
    return f"step-{step:08d}"


def read_manifest(path: Path) -> dict[str, Any]:
    """Return a checkpoint's manifest after checking it against its own hash.

    Raises:
        CheckpointError: it is missing or changed.
    """
    try:
        text = (path / _MANIFEST).read_bytes()
        manifest = json.loads(text)
        whole = _manifest_text(manifest["step"], manifest["files"]) == text and manifest["format"] == _FORMAT
        whole = whole and path.name == _name(manifest["step"]) and set(manifest["files"]) == _NAMES
    except OSError as error:
        raise CheckpointError(f"{path / _MANIFEST} cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CheckpointError(f"{path / _MANIFEST} is damaged") from error
    if not whole:
        raise CheckpointError(f"{path / _MANIFEST} is damaged")
    return manifest  # type: ignore[no-any-return]


def list_checkpoints(folder: Path) -> list[Path]:
    """Return the checkpoints below a folder, newest first, damaged ones included."""
    found = [p for p in folder.glob("step-*") if p.name[5:].isdigit() and p.is_dir()]
    return sorted(found, key=lambda p: int(p.name[5:]), reverse=True)


def prune_checkpoints(folder: Path, step: int, keep_last: int, keep_step: int | None) -> None:
    """Delete all but the newest ``keep_last`` checkpoints and the one of ``keep_step``, and leftovers of crashes.

    Those beyond ``step``, where the run is now, do not count and stay: they were found damaged.
    """
    for path in [p for p in list_checkpoints(folder) if int(p.name[5:]) <= step][keep_last:]:
        if int(path.name[5:]) != keep_step:
            _remove(path)
    for pattern in (".writing-*", ".deleting-*"):
        for path in folder.glob(pattern):
            shutil.rmtree(path, ignore_errors=True)


def _remove(path: Path) -> None:
    """Delete a checkpoint such that a crash on the way leaves no half of it under its name."""
    aside = path.with_name(f".deleting-{path.name}")
    shutil.rmtree(aside, ignore_errors=True)
    path.rename(aside)
    shutil.rmtree(aside, ignore_errors=True)


def _files(state: Mapping[str, Any]) -> dict[str, bytes]:
    rest = {k: v for k, v in state.items() if k not in ("step", "networks", "average")}
    tensors: dict[str, Tensor] = {}
    structure = _take_tensors(rest, "", tensors)
    return {
        "networks.safetensors": _serialise(state["networks"]),
        "average.safetensors": _serialise(state["average"]),
        "state.safetensors": _serialise(tensors),
        _STATE: json.dumps(structure).encode(),
    }


def _serialise(tensors: Mapping[str, Tensor]) -> bytes:
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
    """Return the one spelling of a manifest, so that any changed byte shows."""
    body = {"format": _FORMAT, "step": step, "files": dict(files)}
    digest = hashlib.sha256(json.dumps(body).encode()).hexdigest()
    return (json.dumps({**body, "sha256": digest}, indent=1) + "\n").encode()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _verified(path: Path, entry: Mapping[str, Any]) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read ({error.strerror})") from error
    if len(content) != entry["bytes"]:
        raise CheckpointError(f"{path} has {len(content)} bytes where {entry['bytes']} were written")
    if hashlib.sha256(content).hexdigest() != entry["sha256"]:
        raise CheckpointError(f"{path} has changed since it was written (SHA-256 differs)")
    return content


def _take_tensors(value: Any, name: str, tensors: dict[str, Tensor]) -> Any:
    """Return the value as JSON, its tensors moved to ``tensors`` and replaced by their names."""
    if isinstance(value, Tensor):
        tensors[name] = value
        return {"tensor": name}
    if isinstance(value, Mapping):
        return {"items": [[k, _take_tensors(v, f"{name}.{k}", tensors)] for k, v in value.items()]}
    if isinstance(value, list | tuple):
        kind = "list" if isinstance(value, list) else "tuple"
        return {kind: [_take_tensors(v, f"{name}.{i}", tensors) for i, v in enumerate(value)]}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"{name}: a state holds tensors and plain values, not {type(value).__name__}")


def _restore(value: Any, tensors: Mapping[str, Tensor]) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "tensor":
        return tensors[content]
    if kind == "items":
        return {k: _restore(v, tensors) for k, v in content}
    restored = [_restore(v, tensors) for v in content]
    return restored if kind == "list" else tuple(restored)
