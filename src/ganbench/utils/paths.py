"""Find the user's data files and the cache folder."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from ganbench.errors import UserError


def data_root() -> Path | None:
    """Return the user's data folder, ``$GANBENCH_DATA``, or None if it is not set.

    Raises:
        UserError: it is set, but not to a folder.
    """
    text = os.environ.get("GANBENCH_DATA")
    if not text:
        return None
    root = Path(text).expanduser()
    if not root.is_dir():
        raise UserError(f"GANBENCH_DATA is set to {root}, which is not a folder")
    return root


def cache_folder() -> Path:
    """Return the folder for downloads and decoded images; it need not exist yet.

    ``$GANBENCH_CACHE``, else ``$XDG_CACHE_HOME/ganbench``, else ``~/.cache/ganbench``.

    Raises:
        UserError: neither variable is set, and the user has no home folder.
    """
    if folder := os.environ.get("GANBENCH_CACHE"):
        return Path(folder).expanduser()
    if xdg_folder := os.environ.get("XDG_CACHE_HOME"):
        return Path(xdg_folder) / "ganbench"
    try:
        return Path.home() / ".cache" / "ganbench"
    except RuntimeError as error:
        raise UserError("there is no home folder to cache in: set GANBENCH_CACHE to a folder") from error


def data_roots() -> list[Path]:
    """Return the folders to search for data files, in order."""
    root = data_root()
    return [cache_folder()] if root is None else [root, cache_folder()]


def first_existing_file(candidates: Iterable[Path]) -> Path | None:
    """Return the first path that is an existing file, or None."""
    return next((path for path in candidates if path.is_file()), None)


def missing_files_error(name: str, files: str) -> UserError:
    """Return the error for a data set without files; it says which files to put where."""
    root = data_root()
    place = f"$GANBENCH_DATA (now {root})" if root else "a folder, and set GANBENCH_DATA to that folder"
    return UserError(f"the files of '{name}' are missing: put {files} in {place}, or in {cache_folder()}")
