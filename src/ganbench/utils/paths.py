"""Where data files are looked for, and where copies of our own making are kept."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from ganbench.errors import UserError


def data_root() -> Path | None:
    """Return the user's data folder, ``$GANBENCH_DATA``, or None where it is not set.

    Raises:
        UserError: it is set to something that is no folder.
    """
    text = os.environ.get("GANBENCH_DATA")
    if not text:
        return None
    root = Path(text).expanduser()
    if not root.is_dir():
        raise UserError(f"GANBENCH_DATA is set to {root}, which is no folder")
    return root


def cache_folder() -> Path:
    """Return the folder for downloads and decoded pictures; it need not exist yet.

    ``$GANBENCH_CACHE``, else ``$XDG_CACHE_HOME/ganbench``, else ``~/.cache/ganbench``.

    Raises:
        UserError: none of them can be told, since the user has no home.
    """
    if own := os.environ.get("GANBENCH_CACHE"):
        return Path(own).expanduser()
    if shared := os.environ.get("XDG_CACHE_HOME"):
        return Path(shared) / "ganbench"
    try:
        return Path.home() / ".cache" / "ganbench"
    except RuntimeError as error:
        raise UserError("there is no home folder to cache in: set GANBENCH_CACHE to a folder") from error


def roots() -> list[Path]:
    """Return the folders in which data files are looked for, in order."""
    root = data_root()
    return [cache_folder()] if root is None else [root, cache_folder()]


def first_file(candidates: Iterable[Path]) -> Path | None:
    """Return the first of the paths at which there is a file."""
    return next((path for path in candidates if path.is_file()), None)


def where_to_put(name: str, files: str) -> UserError:
    """Return the error for a set whose files are nowhere: which files go where."""
    root = data_root()
    place = f"$GANBENCH_DATA (now {root})" if root else "a folder, and set GANBENCH_DATA to that folder"
    return UserError(f"the files of '{name}' are missing: put {files} in {place}, or in {cache_folder()}")
