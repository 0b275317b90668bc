"""Files of tensors that are kept to save work: whole and undamaged, or worked out anew."""

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


def kept(path: Path, names: set[str], work: Callable[[], dict[str, Tensor]], what: str) -> dict[str, Tensor]:
    """Return the tensors of these names from a file, or else work them out and put them there.

    A folder that cannot be written is a warning, which says ``what`` it is that is not kept.
    """
    found = read_tensors(path)
    if found is not None and found.keys() == names:
        return found
    made = work()
    try:
        write_tensors(path, made)
    except OSError as error:
        warnings.warn(f"{what} not kept, cannot write {path.parent}: {error.strerror}", stacklevel=4)
    return made
