"""Cache files of tensors, with a checksum: a missing or damaged file is computed again."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from ganbench.utils.files import atomic_file


def write_tensors(path: Path, tensors: dict[str, Tensor]) -> None:
    """Write atomically the SHA-256 of a safetensors payload, then the payload. Raises OSError."""
    payload = save({name: tensor.contiguous() for name, tensor in tensors.items()})
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_file(path) as file:
        file.write(hashlib.sha256(payload).digest())
        file.write(payload)


def read_tensors(path: Path) -> dict[str, Tensor] | None:
    """Return what :func:`write_tensors` wrote, or None if the file is missing, unreadable or damaged."""
    try:
        with path.open("rb") as file:
            digest, payload = file.read(32), file.read()
        return load(payload) if hashlib.sha256(payload).digest() == digest else None
    except (OSError, SafetensorError):
        return None


def load_or_compute(
    path: Path, names: set[str], compute: Callable[[], dict[str, Tensor]], what: str
) -> dict[str, Tensor]:
    """Return the tensors ``names`` from a cache file; if it does not hold them, compute and write them.

    If the folder is not writable, it warns that ``what`` (a singular noun with its article) is not cached.
    """
    cached = read_tensors(path)
    if cached is not None and cached.keys() == names:
        return cached
    tensors = compute()
    try:
        write_tensors(path, tensors)
    except OSError as error:
        warnings.warn(f"{what} is not cached, cannot write {path.parent}: {error.strerror}", stacklevel=4)
    return tensors
