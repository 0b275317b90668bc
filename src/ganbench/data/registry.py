"""Find data sets by name: a decorator names a function of this package or of the user's modules."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

from ganbench.config.addresses import user_modules
from ganbench.data.base import Dataset
from ganbench.errors import OWN_HINT, UserError, did_you_mean

DatasetFunction = Callable[..., Dataset]
_F = TypeVar("_F", bound=DatasetFunction)
_ATTRIBUTE, _FILES, _STREAMS = "dataset_name", "dataset_files", "dataset_streams"

State: TypeAlias = Literal["built in", "here", "download", "missing", "path"]


def dataset(
    name: str,
    *,
    find: Callable[[], Path | None] | None = None,
    downloads: bool = False,
    streams: bool = False,
) -> Callable[[_F], _F]:
    """Attach a public name to a function that returns a data set.

    Args:
        name: The public name.
        find: Returns where the set's files are on this machine, without reading them, or None. A set without ``find``
            needs no files, or gets their path from the user.
        downloads: Whether the function downloads missing files.
        streams: Whether the set reads its items while training, so that nothing may read it whole.

    Example:
        >>> from ganbench.data.registry import dataset
        >>> from ganbench.data.toy import ring8
        >>> @dataset("small_ring")
        ... def small_ring():
        ...     return ring8(points=50)
        >>> small_ring().info.size
        400
    """

    def attach(function: _F) -> _F:
        setattr(function, _ATTRIBUTE, name)
        setattr(function, _FILES, (find, downloads))
        setattr(function, _STREAMS, streams)
        return function

    return attach


def datasets(trusted: Collection[str] = ()) -> dict[str, DatasetFunction]:
    """Return every data set function by its public name, sorted.

    Args:
        trusted: Names of the user's own modules to search, in addition to this package and installed plug-ins.

    Raises:
        UserError: two functions have the same name.
    """
    package = importlib.import_module("ganbench.data")
    modules = [
        importlib.import_module(m.name) for m in pkgutil.iter_modules(package.__path__, "ganbench.data.")
    ]
    functions: dict[str, DatasetFunction] = {}
    for module in (*modules, *user_modules(trusted)):
        for value in vars(module).values():
            name = getattr(value, _ATTRIBUTE, None)
            if not inspect.isfunction(value) or name is None or value.__module__ != module.__name__:
                continue  # an imported function counts only in the module that defines it
            if functions.setdefault(name, value) is not value:
                raise UserError(
                    f"two data sets are called '{name}': in {functions[name].__module__} and in {value.__module__}"
                )
    return dict(sorted(functions.items()))


def needs_path(function: DatasetFunction) -> bool:
    """Return whether the function requires a path, so that users write ``NAME:PATH``."""
    first = next(iter(inspect.signature(function).parameters.values()), None)
    return first is not None and first.name == "path" and first.default is inspect.Parameter.empty


def streams(function: DatasetFunction) -> bool:
    """Return whether the set reads its items while training, so that nothing may read it whole."""
    return bool(getattr(function, _STREAMS, False))


def locate(function: DatasetFunction) -> tuple[State, Path | None]:
    """Return whether a data set can be used on this machine, and where its files are, if it has any here.

    "built in" sets need no files, "download" ones are downloaded when they are first used, files of "missing" ones
    must be put in place, and the user gives the path of "path" ones.

    Raises:
        UserError: ``GANBENCH_DATA`` is not a folder, or there is no cache folder.
    """
    find, downloads = getattr(function, _FILES, (None, False))
    if find is None:
        return ("path" if needs_path(function) else "built in"), None
    path = find()
    return ("here" if path else "download" if downloads else "missing"), path


def find_dataset(text: str, trusted: Collection[str] = ()) -> tuple[DatasetFunction, dict[str, Any]]:
    """Parse a data set as users write it: ``NAME``, ``folder:PATH`` or ``archive:PATH``.

    Args:
        text: The text.
        trusted: Names of the user's own modules to search, too.

    Returns:
        The function, and its arguments from the text: ``{"path": PATH}``, or none.

    Raises:
        UserError: there is no such set, or the path is missing or superfluous.
    """
    name, colon, path = text.partition(":")
    functions = datasets(trusted)
    if name not in functions:
        hint = did_you_mean(name, functions) or "; `ganbench data list` shows them all"
        own = "" if "did you mean" in hint else OWN_HINT
        raise UserError(f"there is no data set '{name}'{hint}{own}")
    function = functions[name]
    if needs_path(function):
        if not path:
            raise UserError(f"the data set '{name}' needs a path: write {name}:PATH")
        return function, {"path": path}
    if colon:
        raise UserError(f"the data set '{name}' takes no path, but got '{text}'")
    return function, {}
