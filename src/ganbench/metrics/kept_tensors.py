"""Files of tensors that are kept to save work: whole and undamaged, or worked out anew."""

from __future__ import annotations

import hashlib
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from ganbench.atomic import atomic_file


def write_tensors(path: Path, tensors: dict[str, Tensor]) -> None:
    """Write the SHA-256 of a safetensors file and then that file; whole or not at all. Raises OSError."""
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
