"""Find data sets by name: a decorator names a function of this package or of the user's modules."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Collection
from typing import Any, TypeVar

from ganbench.config.addresses import user_modules
from ganbench.data.base import Dataset
from ganbench.errors import UserError, did_you_mean

DatasetFunction = Callable[..., Dataset]
_F = TypeVar("_F", bound=DatasetFunction)
_ATTRIBUTE = "dataset_name"


def dataset(name: str) -> Callable[[_F], _F]:
    """Attach a public name to a function that returns a data set.

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
        hint = did_you_mean(name, functions)
        raise UserError(f"there is no data set '{name}'{hint or '; `ganbench data list` shows them all'}")
    function = functions[name]
    if needs_path(function):
        if not path:
            raise UserError(f"the data set '{name}' needs a path: write {name}:PATH")
        return function, {"path": path}
    if colon:
        raise UserError(f"the data set '{name}' takes no path, but got '{text}'")
    return function, {}
