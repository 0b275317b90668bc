"""Find the folder of a zoo model, and copy or download it into the cache, where a run may add files to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from ganbench.errors import UserError
from ganbench.utils.paths import cache_folder
from ganbench.zoo.copies import cache_errors, is_intact, is_published, new_copy, read_file
from ganbench.zoo.download import download_file
from ganbench.zoo.index import ZooFile, ZooModel, find_model, own_zoo

PREFIX = "zoo:"


def zoo_folder(source: str | Path) -> Path:
    """Return the folder of ``zoo:NAME`` in the cache; at first use, it is copied there from this machine's zoos.

    Every file is compared with its SHA-256 in the index. Nothing is downloaded.

    Raises:
        UserError: There is no such model, it is not on this machine, or the cache is not writable.
    """
    model = find_model(str(source).removeprefix(PREFIX))
    cached = _cached(model)
    if is_intact(model, cached):
        return cached
    present = [zoo / model.name for zoo in zoo_folders() if (zoo / model.name).is_dir()]
    for folder in present:
        if is_intact(model, folder):
            return _fill(model, partial(read_file, folder))
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
    """Copy a model of this machine's zoos into the cache, or download it there; return its folder.

    Raises:
        UserError: There is no such model, or the download fails or is not the published model.
    """
    model = find_model(name.removeprefix(PREFIX))
    if is_intact(model, _cached(model)):
        return _cached(model)
    for zoo in zoo_folders():
        if is_intact(model, zoo / model.name):
            return _fill(model, partial(read_file, zoo / model.name))
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
    return any(is_intact(model, folder) for folder in places)


def _cached(model: ZooModel) -> Path:
    return cache_folder() / "zoo" / model.name


def _fill(model: ZooModel, read: Callable[[ZooFile], bytes]) -> Path:
    """Write all files of a model into the cache, or none; return the model's folder."""
    folder = _cached(model)
    with cache_errors(f"{PREFIX}{model.name}", folder), new_copy(folder) as temporary:
        for file in model.files:
            path, content = temporary / file.path, read(file)
            if not is_published(file, content):
                raise UserError(f"{file.path} of {PREFIX}{model.name} is not the published file; try again")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return folder
