"""Public names of data sets: attached to functions by a decorator, found by scanning this package."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from typing import Any, TypeVar

from ganbench.data.base import Dataset
from ganbench.errors import UserError, did_you_mean

SetFunction = Callable[..., Dataset]
_F = TypeVar("_F", bound=SetFunction)
_ATTRIBUTE = "dataset_name"


def dataset(name: str) -> Callable[[_F], _F]:
    """Attach a public name to a function that returns a data set. Nothing else happens at import."""

    def attach(function: _F) -> _F:
        setattr(function, _ATTRIBUTE, name)
        return function

    return attach


def datasets() -> dict[str, SetFunction]:
    """Return every data set function by its public name, sorted.

    Raises:
        ValueError: two functions claim one name.
    """
    package = importlib.import_module("ganbench.data")
    found: dict[str, SetFunction] = {}
    for module_info in pkgutil.iter_modules(package.__path__, "ganbench.data."):
        module = importlib.import_module(module_info.name)
        for value in vars(module).values():
            name = getattr(value, _ATTRIBUTE, None)
            if not inspect.isfunction(value) or name is None or value.__module__ != module.__name__:
                continue  # a function imported from a sister module is counted where it is written
            if found.setdefault(name, value) is not value:
                raise ValueError(f"two data sets are called '{name}': {found[name]} and {value}")
    return dict(sorted(found.items()))


def takes_path(function: SetFunction) -> bool:
    """Say whether the function needs a path, so that people write ``NAME:PATH``."""
    first = next(iter(inspect.signature(function).parameters.values()), None)
    return first is not None and first.name == "path" and first.default is inspect.Parameter.empty


def dataset_named(text: str) -> tuple[SetFunction, dict[str, Any]]:
    """Resolve what people type: ``NAME``, ``folder:PATH`` or ``archive:PATH``.

    Returns:
        The function, and the arguments that the text holds (``{"path": PATH}``, or nothing).

    Raises:
        UserError: there is no such set, or a path is missing or too much.
    """
    name, colon, path = text.partition(":")
    known = datasets()
    if name not in known:
        hint = did_you_mean(name, known)
        raise UserError(f"no data set is called '{name}'{hint or '; `ganbench data list` shows them all'}")
    function = known[name]
    if takes_path(function):
        if not path:
            raise UserError(f"the data set '{name}' needs a path: write {name}:PATH")
        return function, {"path": path}
    if colon:
        raise UserError(f"the data set '{name}' takes no path, but got '{text}'")
    return function, {}
