"""The files of a checkpoint: their names, and a manifest with the size and SHA-256 of each file and of itself."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ganbench.utils.regular_file import open_regular, read_regular

FORMAT = 1
MANIFEST = "manifest.json"
STATE = "state.json"
NETWORKS = "networks.safetensors"
AVERAGE = "average.safetensors"
_NAMES = {NETWORKS, AVERAGE, "state.safetensors", STATE}
_MAX_MANIFEST_BYTES = 2**20


class CheckpointError(Exception):
    """A checkpoint is damaged, incomplete, or holds numbers that are not finite; the message names the file."""


def checkpoint_name(step: int) -> str:
    """Return the name of the folder of a step's checkpoint."""
    return f"step-{step:08d}"


def list_checkpoints(folder: Path) -> list[Path]:
    """Return the checkpoints in a folder, newest first, including damaged ones."""
    paths = [p for p in folder.glob("step-*") if p.name[5:].isdigit() and p.is_dir()]
    return sorted(paths, key=lambda p: int(p.name[5:]), reverse=True)


def manifest_text(step: int, files: Mapping[str, Any]) -> bytes:
    """Return a manifest as bytes, in a unique form, so that any change is detected."""
    body = {"format": FORMAT, "step": step, "files": dict(files)}
    digest = hashlib.sha256(json.dumps(body).encode()).hexdigest()
    return (json.dumps({**body, "sha256": digest}, indent=1) + "\n").encode()


def read_manifest(path: Path) -> dict[str, Any]:
    """Return a checkpoint's manifest, verified by its own hash.

    Raises:
        CheckpointError: it is missing or changed.
    """
    try:
        text = read_regular(path / MANIFEST, _MAX_MANIFEST_BYTES)
        manifest = json.loads(text)
        intact = manifest_text(manifest["step"], manifest["files"]) == text and manifest["format"] == FORMAT
        intact = (
            intact and path.name == checkpoint_name(manifest["step"]) and set(manifest["files"]) == _NAMES
        )
    except OSError as error:
        raise CheckpointError(f"{path / MANIFEST} cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CheckpointError(f"{path / MANIFEST} is damaged") from error
    if not intact:
        raise CheckpointError(f"{path / MANIFEST} is damaged")
    return manifest  # type: ignore[no-any-return]


def read_verified(path: Path, entry: Mapping[str, Any]) -> bytes:
    """Return the content of a file after comparing its size and hash with its entry in the manifest.

    Raises:
        CheckpointError: they differ, or the file cannot be read.
    """
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            if size != entry["bytes"]:
                raise CheckpointError(f"{path} has {size} bytes instead of {entry['bytes']}")
            # Hashed block by block, so that a huge file that is no checkpoint does not fill the memory.
            if hashlib.file_digest(file, "sha256").hexdigest() != entry["sha256"]:
                raise CheckpointError(f"{path} has changed since it was written (SHA-256 differs)")
            file.seek(0)
            return file.read()
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read ({error.strerror})") from error
