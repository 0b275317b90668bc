"""Addresses of parts: find the address of a class or function, and import what an address names if it is trusted.

A part is what recipes are composed of: a network, a loss, a data set, an optimizer and so on. Its address in a recipe
file is ``package:Name``, such as ``ganbench.losses:Hinge``.
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import inspect
import os
import sys
import types
import typing
from collections.abc import Callable, Collection, Iterator, Mapping
from types import ModuleType
from typing import Any

from ganbench.errors import UserError, did_you_mean, did_you_mean_or_own

#: The packages whose parts every recipe file may use, and what each holds. Other code must be trusted by the user,
#: since using it runs it.
PART_PACKAGES: Mapping[str, str] = types.MappingProxyType(
    {
        "ganbench.algorithms": "an algorithm",
        "ganbench.augment": "an augmentation",
        "ganbench.conditioning": "a way of conditioning",
        "ganbench.data": "a data set",
        "ganbench.latents": "a latent distribution",
        "ganbench.losses": "a loss",
        "ganbench.networks": "a network",
        "ganbench.regularizers": "a regularizer",
        "ganbench.training.schedule": "a schedule",
        "torch.optim": "an optimizer",
    }
)

#: The entry-point groups in which an installed package (a plug-in) declares modules with parts and with recipes.
#: An installed plug-in is trusted.
PARTS_GROUP, RECIPES_GROUP = "ganbench.parts", "ganbench.recipes"


def address_of(target: Callable[..., Any]) -> str:
    """Return the address ``module:name`` of a part; a package that exports it is preferred to its own module.

    Raises:
        UserError: the part is defined inside a function, so it cannot be imported.
    """
    module, name = target.__module__, target.__qualname__
    if "<locals>" in name or "<lambda>" in name:
        raise UserError(
            f"'{target.__name__}' is defined inside a function, so a run cannot store it; define it in a module"
        )
    package = module.rpartition(".")[0]
    if package and getattr(importlib.import_module(package), name, None) is target:
        module = package
    return f"{module}:{name}"


def load_part(address: str, trusted: Collection[str] = ()) -> Callable[..., Any]:
    """Import and return the part at an address.

    Its module must be one of ``PART_PACKAGES``, one of the modules named in ``trusted``, an installed plug-in, or
    ``__main__``. From ``__main__``, such as a notebook, only what is defined there is accepted.

    Raises:
        UserError: there is no such part, or its module is not trusted.
    """
    module, _, name = address.partition(":")
    if not name.isidentifier():
        raise UserError(f"'{address}' names no part; a part is written 'ganbench.losses:NonSaturating'")
    builtin = package_of(module) is not None
    if not builtin and module not in (*trusted, "__main__") and not _is_in(module, _plugin_modules()):
        raise UserError(
            f"the recipe names code outside ganbench ('{address}'); if you trust it, name its file with --module"
        )
    try:
        imported = importlib.import_module(module)
    except ImportError as error:
        raise UserError(f"the part '{address}' cannot be imported: {error}") from error
    target = getattr(imported, name, None)
    # The running program also holds what it only imports.
    imported_only = module == "__main__" and getattr(target, "__module__", "") != "__main__"
    if not (is_part(target) if builtin else callable(target) and not imported_only):
        modules = [imported, *(user_modules(trusted) if builtin else ())]
        names = [n for m in modules for n, v in vars(m).items() if inspect.isclass(v) and _may_be_named(v)]
        suggest = did_you_mean_or_own if builtin else did_you_mean
        raise UserError(f"there is no part '{name}' in {module}{suggest(name, names)}")
    return typing.cast("Callable[..., Any]", target)


def find_part(text: str, package: str, trusted: Collection[str] = ()) -> str:
    """Return the address of a part that the user gives by address or by plain name.

    Args:
        text: The address, which is returned unchanged, or the name.
        package: Where to look for the name; if it is not in ``PART_PACKAGES``, these are searched too.
        trusted: Names of Python modules outside ganbench to search too. Plug-ins are always searched.

    Returns:
        The address, in ``package`` if there is no such part.

    Raises:
        UserError: several places have different parts of this name, or a plug-in cannot be imported.
    """
    if ":" in text:
        return text
    packages = [package] if package in PART_PACKAGES else [package, *PART_PACKAGES]
    candidates = {name: getattr(importlib.import_module(name), text, None) for name in packages}
    candidates |= {module.__name__: getattr(module, text, None) for module in user_modules(trusted)}
    matches = {module: target for module, target in candidates.items() if callable(target)}
    if len(set(map(id, matches.values()))) > 1:
        addresses = " or ".join(f"{module}:{text}" for module in matches)
        raise UserError(f"there are several parts '{text}'; write {addresses}")
    return f"{next(iter(matches), package)}:{text}"


def user_modules(trusted: Collection[str]) -> Iterator[ModuleType]:
    """Import and yield the ``trusted`` modules and the part modules of installed plug-ins.

    Raises:
        UserError: a plug-in cannot be imported.
    """
    for name in sorted(trusted):
        yield importlib.import_module(name)
    yield from plugins(PARTS_GROUP)


def plugins(group: str) -> Iterator[ModuleType]:
    """Import and yield the modules that installed packages declare in an entry-point group.

    Raises:
        UserError: a module cannot be imported.
    """
    for entry in entry_points(group):
        try:
            yield entry.load()
        except (ImportError, AttributeError) as error:
            raise UserError(
                f"the plug-in '{entry.name}' ({entry.value}) cannot be imported: {error}"
            ) from error


def entry_points(group: str) -> Collection[importlib.metadata.EntryPoint]:
    """Return the entry points of a group that installed packages declare.

    Reading them all takes 10 ms or more, so they are read again only when a folder of ``sys.path`` has changed.
    """
    return _read_entry_points(group, tuple((folder, _modified(folder)) for folder in sys.path))


@functools.lru_cache(maxsize=16)
def _read_entry_points(
    group: str, folders: tuple[tuple[str, int | None], ...]
) -> Collection[importlib.metadata.EntryPoint]:
    return tuple(importlib.metadata.entry_points(group=group))


def _modified(path: str) -> int | None:
    try:
        return os.stat(path or ".").st_mtime_ns
    except OSError:
        return None


def package_for(annotation: Any) -> str | None:
    """Return the package that defines the type in an annotation: "ganbench.losses" for ``Loss`` and ``Loss | None``.

    Return None if the type is not a part's, or for a list of parts.
    """
    is_union = typing.get_origin(annotation) in (typing.Union, types.UnionType)
    for part_type in typing.get_args(annotation) if is_union else (annotation,):
        package = package_of(getattr(part_type, "__module__", "")) if isinstance(part_type, type) else None
        if package is not None:
            return package
    return None


def package_of(module: str | None) -> str | None:
    """Return the package of ``PART_PACKAGES`` that a module is in, or None."""
    return next((p for p in PART_PACKAGES if module and _is_in(module, [p])), None)


def is_part(target: Any) -> bool:
    """Whether an object of ganbench or torch is a part: a class of its kind, or a function that returns a data set."""
    package = package_of(getattr(target, "__module__", None))
    if package is None or not callable(target):
        return False
    if package == "ganbench.data" or not inspect.isclass(target):
        return package == "ganbench.data" and hasattr(target, "dataset_name")
    if package == "torch.optim":
        optimizer: type = importlib.import_module("torch.optim").Optimizer
        return issubclass(target, optimizer) and target is not optimizer and _may_be_named(target)
    return not issubclass(target, Exception | tuple) and _may_be_named(target)


def require_kind(target: Any, package: str, name: str) -> None:
    """Raise UserError if a part of ganbench or torch is of another package, and so of another kind, than ``package``.

    ``name`` is the argument that it is for. The user's own parts may be of any kind.
    """
    other = package_of(getattr(target, "__module__", None))
    if other is not None and other != package:
        kind, found = PART_PACKAGES[package], PART_PACKAGES[other].partition(" ")[2]
        raise UserError(f"{name} must be {kind}, not the {found} {target.__name__}")


def can_be_part(target: type) -> bool:
    """Whether a class may be a part: it is in ``PART_PACKAGES`` or outside ganbench."""
    return package_of(target.__module__) is not None or not _is_in(target.__module__, ["ganbench"])


def _plugin_modules() -> list[str]:
    return [entry.module for group in (PARTS_GROUP, RECIPES_GROUP) for entry in entry_points(group)]


def _is_in(module: str, packages: Collection[str]) -> bool:
    return any(module == p or module.startswith(p + ".") for p in packages)


def _may_be_named(target: type) -> bool:
    """Whether a class can be built and has a public name of its own."""
    is_protocol = getattr(target, "_is_protocol", False)
    return not (is_protocol or target.__name__.startswith("_") or "<locals>" in target.__qualname__)
