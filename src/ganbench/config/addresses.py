"""Addresses of parts, ``package:Name``: which may be trusted, and what stands behind them."""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
import types
import typing
from collections.abc import Callable, Collection, Iterator
from types import ModuleType
from typing import Any

from ganbench.errors import UserError, did_you_mean

#: Where a recipe file may name parts. Anything else runs a stranger's code, so the user must trust it by name.
PART_PACKAGES = (
    "ganbench.algorithms",
    "ganbench.augment",
    "ganbench.conditioning",
    "ganbench.data",
    "ganbench.latents",
    "ganbench.losses",
    "ganbench.networks",
    "ganbench.regularizers",
    "ganbench.training.schedule",
    "torch.optim",
)

#: The entry-point groups by which an installed package brings parts and recipes; whoever installs it trusts it.
PARTS, RECIPES = "ganbench.parts", "ganbench.recipes"


def address_of(target: Callable[..., Any]) -> str:
    """Return ``module:name``, with the package that exports the name rather than the file that defines it.

    Raises:
        UserError: the part is defined inside a function, where no address reaches it.
    """
    module, name = target.__module__, target.__qualname__
    if "<locals>" in name or "<lambda>" in name:
        raise UserError(
            f"'{target.__name__}' is defined inside a function, so a run cannot store it; define it at the top"
        )
    package = module.rpartition(".")[0]
    if package and getattr(importlib.import_module(package), name, None) is target:
        module = package
    return f"{module}:{name}"


def part_at(address: str, trusted: Collection[str] = ()) -> Callable[..., Any]:
    """Return the part at ``module:name``.

    It must be in one of ``PART_PACKAGES``, in a module named in ``trusted``, in an installed plug-in, or a class or
    function of the running program itself (``__main__``), such as a notebook.

    Raises:
        UserError: there is no such part, or its module is not trusted.
    """
    module, _, name = address.partition(":")
    if not name.isidentifier():
        raise UserError(f"'{address}' names no part; a part is written 'ganbench.losses:NonSaturating'")
    builtin = _is_in(module, PART_PACKAGES)
    if not builtin and module not in (*trusted, "__main__") and not _is_in(module, _plugin_names()):
        raise UserError(
            f"the recipe names code outside ganbench ('{address}'); if you trust it, name its file with --module"
        )
    try:
        imported = importlib.import_module(module)
    except ImportError as error:
        raise UserError(f"the part '{address}' cannot be imported: {error}") from error
    target = getattr(imported, name, None)
    home = getattr(target, "__module__", "") or ""
    foreign = (builtin and not _is_in(home, PART_PACKAGES)) or (module == "__main__" and home != "__main__")
    if not callable(target) or foreign or (builtin and (name.startswith("_") or _is_data_helper(target))):
        classes = [n for n, v in vars(imported).items() if inspect.isclass(v)]
        raise UserError(f"there is no part '{name}' in {module}{did_you_mean(name, classes)}")
    return typing.cast("Callable[..., Any]", target)


def find_part(text: str, package: str, trusted: Collection[str] = ()) -> str:
    """Return the address of the part that a user means by ``text``.

    ``text`` is an address, or a plain name in ``package``, in a ``trusted`` module or in an installed plug-in.

    Raises:
        UserError: the plain name stands for different parts in several of these.
    """
    if ":" in text:
        return text
    packages = [package] if package in PART_PACKAGES else [package, *PART_PACKAGES]
    places = {name: getattr(importlib.import_module(name), text, None) for name in packages}
    places |= {module.__name__: getattr(module, text, None) for module in user_modules(trusted)}
    found = {name: target for name, target in places.items() if callable(target)}
    if len(set(map(id, found.values()))) > 1:
        addresses = " or ".join(f"{name}:{text}" for name in found)
        raise UserError(f"there are several parts '{text}'; write {addresses}")
    return f"{next(iter(found), package)}:{text}"


def user_modules(trusted: Collection[str]) -> Iterator[ModuleType]:
    """Yield the user's ``trusted`` modules and the modules of installed plug-ins.

    Raises:
        UserError: a plug-in cannot be imported.
    """
    for name in sorted(trusted):
        yield importlib.import_module(name)
    yield from plugins(PARTS)


def plugins(group: str) -> Iterator[ModuleType]:
    """Yield the modules that installed packages name in an entry-point group.

    Raises:
        UserError: one cannot be imported.
    """
    for entry in importlib.metadata.entry_points(group=group):
        try:
            yield entry.load()
        except (ImportError, AttributeError) as error:
            raise UserError(
                f"the plug-in '{entry.name}' ({entry.value}) cannot be imported: {error}"
            ) from error


def package_for(annotation: Any) -> str | None:
    """Return the package of the parts that an annotation accepts; None if it accepts none, or a list of them."""
    is_union = typing.get_origin(annotation) in (typing.Union, types.UnionType)
    for kind in typing.get_args(annotation) if is_union else (annotation,):
        module = getattr(kind, "__module__", "") or ""
        packages = [p for p in PART_PACKAGES if isinstance(kind, type) and module.startswith(f"{p}.")]
        if packages:
            return packages[0]
    return None


def may_be_part(target: type) -> bool:
    """Whether a class is a part of ganbench's or of the user's own, and not one of ganbench's other classes."""
    return _is_in(target.__module__, PART_PACKAGES) or not _is_in(target.__module__, ["ganbench"])


def _plugin_names() -> list[str]:
    groups = (importlib.metadata.entry_points(group=group) for group in (PARTS, RECIPES))
    return [entry.module for group in groups for entry in group]


def _is_in(module: str, packages: Collection[str]) -> bool:
    return any(module == p or module.startswith(p + ".") for p in packages)


def _is_data_helper(target: Any) -> bool:
    """Whether it is one of the data package's own functions (some write files) rather than a data set."""
    in_data = getattr(target, "__module__", "").startswith("ganbench.data")
    return in_data and inspect.isfunction(target) and not hasattr(target, "dataset_name")
