"""What people name to be scored or compared with: a run, a folder, an archive, a data set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ganbench.config.spec import Spec, parameters
from ganbench.data.base import Dataset
from ganbench.data.io.decode import BrokenPicture, read_file, read_picture
from ganbench.data.io.listing import list_pictures
from ganbench.data.registry import dataset_named
from ganbench.data.samples import holds_samples
from ganbench.errors import UserError
from ganbench.recipes.base import Recipe
from ganbench.runs.run import Run


def as_run(source: str | Path | Run) -> Run | None:
    """Return the run at a path, or None if there is something else, or nothing."""
    if isinstance(source, Run):
        return source
    return Run(source) if (Path(source) / "recipe.json").is_file() else None


def with_kind(source: str) -> str:
    """Write a bare path as ``folder:PATH``, ``archive:PATH`` or ``samples:PATH``; leave anything else as it is."""
    path = Path(source)
    if path.is_dir():
        return f"folder:{source}"
    if path.suffix != ".npz" or not path.is_file():
        return source
    return f"samples:{source}" if holds_samples(path) else f"archive:{source}"


def dataset_like(
    text: str, shape: tuple[int, ...] | None, split: str | None = None, *, strict: bool = True
) -> tuple[Dataset, dict[str, Any]]:
    """Make a data set by name, and say how pictures of one's own were read; see :func:`spec_like`."""
    spec, read_as = spec_like(text, shape, split, strict=strict)
    made: Dataset = spec()
    return made, read_as


def spec_like(
    text: str, shape: tuple[int, ...] | None, split: str | None = None, *, strict: bool = True
) -> tuple[Spec, dict[str, Any]]:
    """Return what makes a data set of that name, and how pictures of one's own will be read.

    They take size and colours from ``shape`` ``[C, H, W]`` where they can; without it, a folder's size is that of
    its first picture. ``split`` is for sets that have several; others are refused or, unless one is to
    ``strict``, taken as they are.

    Raises:
        UserError: there is no such set, or it has no such split.
    """
    if "/" in text and ":" not in text and not Path(text).exists():
        raise UserError(f"there is nothing at {text}; name a run, a folder, an archive or a data set")
    function, arguments = dataset_named(with_kind(text))
    known, read_as = parameters(function), dict[str, Any]()
    if shape is None and is_folder(text):
        shape = _first_shape(arguments["path"])
    if shape is not None and len(shape) == 3 and "path" in arguments:
        wanted = {"size": shape[1:], "grey": shape[0] == 1}
        read_as = {name: value for name, value in wanted.items() if name in known}
    if split is not None and "split" in known:
        arguments["split"] = split
    elif split is not None and strict:
        raise UserError(f"'{text}' has no splits to choose from, so leave '{split}' out")
    said = {name: list(v) if isinstance(v, tuple) else v for name, v in read_as.items()}
    return Spec(function, **{**read_as, **arguments}), said


def is_folder(text: str) -> bool:
    """Say whether it is a folder of pictures, which can be read at any size."""
    return with_kind(text).startswith("folder:")


def _first_shape(path: str) -> tuple[int, ...]:
    listing = list_pictures(path)
    for file in listing.files:
        try:
            width, height = read_picture(read_file(listing.root / file)).image.size
        except BrokenPicture:
            continue  # the folder's own reader tells of it
        return 3, height, width
    raise UserError(f"{path} holds no picture that can be read")


def data_of(run: Run, recipe: Recipe, split: str | None = None, *, strict: bool = True) -> Dataset:
    """Make the data that a run was trained on, or another split of it; ``strict`` is as in :func:`dataset_like`.

    Raises:
        UserError: it has changed since, or has no such split.
    """
    made: Dataset = recipe.data()
    run.require_classes(made.info)
    if made.info.fingerprint != run.info.fingerprint:
        raise UserError(
            f"the data set {made.info.name} is not the one that {run.path} was trained on (its fingerprint "
            f"is {made.info.fingerprint}, then it was {run.info.fingerprint}); name it with --against"
        )
    if split is None or split == made.info.split:
        return made
    if "split" not in parameters(recipe.data.target):
        if not strict:
            return made
        raise UserError(f"the data set {made.info.name} has no split '{split}'; name another with --against")
    other: Dataset = recipe.data.replace(split=split)()
    return other
