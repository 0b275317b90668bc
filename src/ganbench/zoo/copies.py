"""Copies of models in the cache: complete and unchanged, or not there at all."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ganbench.errors import UserError
from ganbench.utils.files import new_folder
from ganbench.utils.regular_file import read_regular
from ganbench.zoo.index import ZooFile, ZooModel


def is_intact(model: ZooModel, folder: Path) -> bool:
    """Say whether a folder has all files of a model, unchanged; it may have others."""
    try:
        return all(is_published(file, read_file(folder, file)) for file in model.files)
    except OSError:
        return False


def is_published(file: ZooFile, content: bytes) -> bool:
    """Say whether a content has a file's size and SHA-256."""
    return len(content) == file.size and hashlib.sha256(content).hexdigest() == file.sha256


def read_file(folder: Path, file: ZooFile) -> bytes:
    """Return a file's content. Raises OSError if it is missing or larger than its index says."""
    return read_regular(folder / file.path, file.size)


@contextmanager
def new_copy(folder: Path) -> Iterator[Path]:
    """Make a folder under a temporary name, which replaces ``folder`` if the block succeeds; else remove it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with new_folder(folder) as temporary:
        yield temporary
        shutil.rmtree(folder, ignore_errors=True)  # damaged


@contextmanager
def cache_errors(name: str, folder: Path) -> Iterator[None]:
    """Convert an OSError in the block into a UserError: the model cannot be written to the folder."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"{name} cannot be written to {folder} ({error.strerror or error}); "
            "set GANBENCH_CACHE to a folder with free space"
        ) from error
