"""Find the folder of a zoo model, and copy or download it into the cache, where a run may add files to it."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from ganbench.errors import UserError
from ganbench.utils.paths import cache_folder
from ganbench.utils.regular_file import read_regular
from ganbench.zoo.download import download_file
from ganbench.zoo.index import ZooFile, ZooModel, find_model, own_zoo

PREFIX = "zoo:"


def is_zoo_name(source: str | Path) -> bool:
    """Say whether a source is a model of the zoo, such as ``zoo:digits``."""
    return str(source).startswith(PREFIX)


def zoo_folder(source: str | Path) -> Path:
    """Return the folder of ``zoo:NAME`` in the cache; at first use, it is copied there from this machine's zoos.

    Every file is compared with its SHA-256 in the index. Nothing is downloaded.

    Raises:
        UserError: There is no such model, it is not on this machine, or the cache is not writable.
    """
    model = find_model(str(source).removeprefix(PREFIX))
    cached = _cached(model)
    if _is_intact(model, cached):
        return cached
    present = [zoo / model.name for zoo in zoo_folders() if (zoo / model.name).is_dir()]
    for folder in present:
        if _is_intact(model, folder):
            return _fill(model, partial(_read, folder))
    if present:
        raise UserError(
            f"{present[0]} is not {PREFIX}{model.name} as the index describes it: a file is missing or changed; "
            f"delete the folder, or get another copy with `ganbench zoo pull {model.name}`"
        )
    raise UserError(
        f"{PREFIX}{model.name} is not on this machine; `ganbench zoo pull {model.name}` downloads it "
        f"({model.size / 1e6:.1f} MB)"
    )


def pull(name: str) -> Path:
    """Download a model into the cache unless it is there, and return its folder.

    Raises:
        UserError: There is no such model, or the download fails or is not the published model.
    """
    model = find_model(name.removeprefix(PREFIX))
    if _is_intact(model, _cached(model)):
        return _cached(model)
    return _fill(model, partial(download_file, model.name))


def zoo_folders() -> Iterator[Path]:
    """Yield where models may lie: ``$GANBENCH_ZOO``, the checkout's ``zoo/``, and the package.

    Raises:
        UserError: ``$GANBENCH_ZOO`` is not a folder.
    """
    if own := own_zoo():
        yield own
    package = Path(__file__).parent
    yield package.parents[2] / "zoo"
    yield package / "models"


def is_available(model: ZooModel) -> bool:
    """Say whether a model is on this machine."""
    places = [_cached(model), *(zoo / model.name for zoo in zoo_folders())]
    return any(_is_intact(model, folder) for folder in places)


def _cached(model: ZooModel) -> Path:
    return cache_folder() / "zoo" / model.name


def _is_intact(model: ZooModel, folder: Path) -> bool:
    """Say whether a folder has all files of a model, unchanged; it may have others."""
    try:
        return all(_is_published(file, _read(folder, file)) for file in model.files)
    except OSError:
        return False


def _is_published(file: ZooFile, content: bytes) -> bool:
    return len(content) == file.size and hashlib.sha256(content).hexdigest() == file.sha256


def _read(folder: Path, file: ZooFile) -> bytes:
    return read_regular(folder / file.path, file.size)


def _fill(model: ZooModel, read: Callable[[ZooFile], bytes]) -> Path:
    """Write all files of a model into the cache, or none; return the model's folder."""
    folder = _cached(model)
    temporary = folder.with_name(f".{model.name}.{os.getpid()}")
    try:
        shutil.rmtree(temporary, ignore_errors=True)  # left by a killed process with the same id
        for file in model.files:
            path = temporary / file.path
            content = read(file)
            if not _is_published(file, content):
                raise UserError(f"{file.path} of {PREFIX}{model.name} is not the published file; try again")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        shutil.rmtree(folder, ignore_errors=True)  # damaged
        temporary.rename(folder)
    except OSError as error:
        raise UserError(
            f"{PREFIX}{model.name} cannot be written to {folder} ({error.strerror or error}); "
            "set GANBENCH_CACHE to a folder with free space"
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder
