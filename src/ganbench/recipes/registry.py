"""Find recipes: the built-in ones, installed plug-ins', YAML or JSON files, and functions in the user's own files."""

from __future__ import annotations

import dataclasses
import importlib
import importlib.metadata
import importlib.util
import json
import pkgutil
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

from ganbench.config.spec import parameters
from ganbench.errors import UserError, did_you_mean
from ganbench.recipes.base import EVERY_BUDGET, USUAL_BUDGETS, Budget, Recipe, RecipeFunction


def recipe_functions() -> dict[str, RecipeFunction]:
    """Return all recipe functions by public name, from ``ganbench.recipes`` and the plug-ins' modules.

    A plug-in names its module in the entry-point group ``ganbench.recipes``.
    """
    import ganbench.recipes

    modules = [
        importlib.import_module(f"{ganbench.recipes.__name__}.{found.name}")
        for found in pkgutil.iter_modules(ganbench.recipes.__path__)
    ]
    modules += map(_load, importlib.metadata.entry_points(group="ganbench.recipes"))
    found: dict[str, RecipeFunction] = {}
    for function in (f for module in modules for f in vars(module).values() if hasattr(f, "recipe_name")):
        if found.setdefault(function.recipe_name, function) is not function:
            raise UserError(
                f"two recipes are called '{function.recipe_name}': "
                f"in {found[function.recipe_name].__module__} and in {function.__module__}"
            )
    return dict(sorted(found.items()))


def _load(entry: importlib.metadata.EntryPoint) -> ModuleType:
    try:
        module: ModuleType = entry.load()
    except (ImportError, AttributeError) as error:
        raise UserError(f"the plug-in '{entry.name}' ({entry.value}) cannot be imported: {error}") from error
    return module


def find_recipe(source: str, budget: Budget = "reference", trusted: Collection[str] = ()) -> Recipe:
    """Return the recipe that a name, a YAML or JSON file, or ``file.py:function`` stands for.

    Raises:
        UserError: there is none, or the file is not a recipe.
    """
    path, _, function_name = source.rpartition(":")
    if path.endswith(".py"):
        return _from_python(Path(path), function_name, budget)
    if source.endswith(".py"):
        raise UserError(
            f"{source} is a Python file; name the function in it that makes the recipe: {source}:FUNCTION"
        )
    if source.endswith((".yaml", ".yml", ".json")):
        return _from_file(Path(source), budget, trusted)
    functions = recipe_functions()
    if source not in functions:
        raise UserError(f"there is no recipe '{source}'{did_you_mean(source, functions)}")
    return _call(functions[source], budget)


def import_file(path: Path) -> ModuleType:
    """Import a Python file of the user's under its own name, so that its parts can be stored and found again.

    Raises:
        UserError: the file cannot be found or imported.
    """
    if not path.is_file():
        raise UserError(f"there is no file {path}")
    if path.stem in sys.modules and getattr(sys.modules[path.stem], "__file__", None) != str(path.resolve()):
        raise UserError(f"{path} has the name of a module in use; rename it")
    specification = importlib.util.spec_from_file_location(path.stem, path.resolve())
    if specification is None or specification.loader is None:
        raise UserError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(specification)
    sys.modules[path.stem] = module
    try:
        specification.loader.exec_module(module)
    except Exception as error:
        del sys.modules[path.stem]
        raise UserError(f"{path} cannot be imported: {type(error).__name__}: {error}") from error
    return module


def _call(function: RecipeFunction, budget: Budget) -> Recipe:
    if budget not in EVERY_BUDGET:
        raise UserError(f"there is no budget '{budget}'{did_you_mean(budget, EVERY_BUDGET)}")
    known = getattr(function, "budgets", USUAL_BUDGETS)
    if budget not in known:
        name = getattr(function, "recipe_name", function.__name__)
        raise UserError(
            f"recipe '{name}' has no budget '{budget}', only {' and '.join(map(repr, known))}; "
            "`ganbench train --budget 1h` plans an hour of its laptop size"
        )
    made = function(budget=budget)
    if not isinstance(made, Recipe):
        raise UserError(
            f"{function.__module__}:{function.__name__} returned {type(made).__name__}, not a Recipe"
        )
    return dataclasses.replace(made, budget=budget)


def _from_python(path: Path, name: str, budget: Budget) -> Recipe:
    module = import_file(path)
    function = getattr(module, name, None)
    if not callable(function):
        known = [n for n, v in vars(module).items() if hasattr(v, "recipe_name")]
        raise UserError(f"{path} has no recipe function '{name}'{did_you_mean(name, known)}")
    if "budget" not in parameters(function):
        raise UserError(f"{path}:{name} takes no budget; a recipe function is called with budget=...")
    return _call(function, budget)


def _from_file(path: Path, budget: Budget, trusted: Collection[str]) -> Recipe:
    try:
        text = path.read_text()
        data = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except OSError as error:
        raise UserError(f"the recipe file {path} cannot be read: {error.strerror}") from error
    except (ValueError, yaml.YAMLError) as error:
        raise UserError(f"{path} is not valid {path.suffix[1:].upper()}: {error}") from error
    if not isinstance(data, Mapping):
        raise UserError(f"{path} holds no recipe: a mapping with 'extends: NAME' or a whole recipe is needed")
    if "extends" not in data:
        return Recipe.from_dict(data, trusted)
    base = str(data["extends"])
    if base.endswith((".yaml", ".yml", ".json")) or ".py:" in base:
        base = str(path.parent / base)
    chosen = data.get("budget", budget)
    own = ("extends", "budget", "name", "summary")
    changes = _flatten({k: v for k, v in data.items() if k not in own})
    try:
        changed = find_recipe(base, chosen, trusted).override(changes, trusted)
    except RecursionError:
        raise UserError(f"{path} extends itself") from None
    name, summary = data.get("name", changed.name), data.get("summary", changed.summary)
    return dataclasses.replace(changed, name=name, summary=summary)


def _flatten(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        path = f"{prefix}{key}"
        nested = isinstance(value, Mapping) and "target" not in value
        flat |= _flatten(value, path + ".") if nested else {path: value}
    return flat
