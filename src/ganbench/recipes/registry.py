"""Find recipes by name: built-in and plug-in recipes, YAML or JSON files, and functions in Python files."""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import io
import pkgutil
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from ganbench.config.addresses import RECIPES_GROUP, plugins, user_modules
from ganbench.config.spec import check_value, parameters
from ganbench.config.values import parse_json, parse_yaml
from ganbench.errors import UserError, did_you_mean, did_you_mean_or_own
from ganbench.recipes.base import ALL_BUDGETS, DEFAULT_BUDGETS, Budget, Recipe, RecipeFunction
from ganbench.utils.regular_file import open_regular
from ganbench.utils.sealed_json import remove_seal

_MAX_BYTES = 2**24  # of a recipe file


def recipe_functions(trusted: Collection[str] = ()) -> dict[str, RecipeFunction]:
    """Return all recipe functions by public name, sorted: built-in ones, those of plug-ins, and the user's own.

    A plug-in registers its module under the entry-point group ``ganbench.recipes`` or ``ganbench.parts``.

    Args:
        trusted: Names of the user's own modules to search, too.

    Raises:
        UserError: two recipes have the same name, or a plug-in cannot be imported.

    Example:
        >>> import ganbench
        >>> "wgan-gp-ring8" in ganbench.recipe_functions()
        True
    """
    import ganbench.recipes

    modules = [
        importlib.import_module(f"{ganbench.recipes.__name__}.{module_info.name}")
        for module_info in pkgutil.iter_modules(ganbench.recipes.__path__)
    ]
    functions: dict[str, RecipeFunction] = {}
    for module in (*modules, *plugins(RECIPES_GROUP), *user_modules(trusted)):
        for function in (f for f in vars(module).values() if hasattr(f, "recipe_name")):
            if functions.setdefault(function.recipe_name, function) is not function:
                raise UserError(
                    f"two recipes are called '{function.recipe_name}': "
                    f"in {functions[function.recipe_name].__module__} and in {function.__module__}"
                )
    return dict(sorted(functions.items()))


def find_recipe(source: str, budget: Budget | None = None, trusted: Collection[str] = ()) -> Recipe:
    """Return the recipe with a given name, or from a file.

    Args:
        source: A recipe's name, a path to a YAML or JSON file, or ``file.py:function``.
        budget: The budget to size the recipe for. The default is a file's own ``budget``, else "reference".
        trusted: Modules outside ganbench whose classes and functions a file may use.

    Raises:
        UserError: there is no such recipe, it has no such budget, or the file is not a valid recipe.

    Example:
        >>> import ganbench
        >>> ganbench.find_recipe("dcgan-cifar10", "laptop").networks["G"]
        Spec(SimpleCNNGenerator, width=32)
    """
    return _find(source, _Search(budget, trusted))[0]


def find_recipe_for_time(source: str, trusted: Collection[str] = ()) -> tuple[Recipe, frozenset[str]]:
    """Return the recipe to plan for a time, and the dotted keys that files which extend it have set.

    The recipe has its laptop size; a file's whole recipe is taken as it is. See :func:`find_recipe` for the arguments
    and what is raised.
    """
    return _find(source, _Search("laptop", trusted, accept_whole=True))


@dataclass(frozen=True)
class _Search:
    """What to find, as in :func:`find_recipe`.

    ``accept_whole`` is whether a file's whole recipe may be of another budget; ``files`` are the files on the way
    here that extend the next one.
    """

    budget: Budget | None
    trusted: Collection[str]
    accept_whole: bool = False
    files: tuple[Path, ...] = ()


def _find(source: str, search: _Search) -> tuple[Recipe, frozenset[str]]:
    """Return a recipe, and the dotted keys that files which extend it have set."""
    path, _, function_name = source.rpartition(":")
    if path.endswith(".py"):
        return _from_python(Path(path), function_name, search.budget), frozenset()
    if source.endswith(".py"):
        raise UserError(
            f"{source} is a Python file; name the function in it that returns the recipe: {source}:FUNCTION"
        )
    if source.endswith((".yaml", ".yml", ".json")):
        return _from_file(Path(source), search)
    functions = recipe_functions(search.trusted)
    if source not in functions:
        raise UserError(f"there is no recipe '{source}'{did_you_mean_or_own(source, functions)}")
    return _call(functions[source], search.budget), frozenset()


def import_file(path: Path) -> ModuleType:
    """Import a user's Python file as a module named after it, so that stored recipes can refer to its contents.

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


def require_budget(recipe: Recipe, budget: str, what: str) -> None:
    """Raise UserError if a whole recipe, which nothing can resize, is for another budget than the user names."""
    if recipe.budget != budget:
        raise UserError(
            f"{what} is a whole recipe of the budget '{recipe.budget}', and cannot be resized to '{budget}'; "
            "leave the budget out, or start from a recipe's name"
        )


def _call(function: RecipeFunction, budget: Budget | None) -> Recipe:
    budget = budget or "reference"
    if budget not in ALL_BUDGETS:
        raise UserError(f"there is no budget '{budget}'{did_you_mean(budget, ALL_BUDGETS)}")
    budgets = getattr(function, "budgets", DEFAULT_BUDGETS)
    if budget not in budgets:
        name = getattr(function, "recipe_name", function.__name__)
        raise UserError(
            f"recipe '{name}' has no budget '{budget}', only {' and '.join(map(repr, budgets))}; "
            "`ganbench train --budget 1h` trains its laptop size for an hour"
        )
    recipe = function(budget=budget)
    if not isinstance(recipe, Recipe):
        raise UserError(
            f"{function.__module__}:{function.__name__} returned {type(recipe).__name__}, not a Recipe"
        )
    return dataclasses.replace(recipe, budget=budget)


def _from_python(path: Path, name: str, budget: Budget | None) -> Recipe:
    module = import_file(path)
    function = getattr(module, name, None)
    if not callable(function):
        names = [n for n, v in vars(module).items() if hasattr(v, "recipe_name")]
        raise UserError(f"{path} has no recipe function '{name}'{did_you_mean(name, names)}")
    if "budget" not in parameters(function):
        raise UserError(f"{path}:{name} takes no budget; a recipe function is called with budget=...")
    return _call(function, budget)


def _from_file(path: Path, search: _Search) -> tuple[Recipe, frozenset[str]]:
    if path.resolve() in search.files:
        raise UserError(f"{path} extends itself")
    try:
        with io.TextIOWrapper(open_regular(path, _MAX_BYTES), encoding="utf-8-sig") as file:
            text = file.read()
    except OSError as error:
        raise UserError(f"the recipe file {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UserError(f"{path} is not valid {path.suffix[1:].upper()}: {error}") from error
    data = (parse_json if path.suffix == ".json" else parse_yaml)(text, str(path))
    data = remove_seal(data, text.encode(), path)
    if not isinstance(data, Mapping):
        raise UserError(f"{path} holds no recipe: a mapping with 'extends: NAME' or a whole recipe is needed")
    if "extends" not in data:
        recipe = Recipe.from_dict(data, search.trusted)
        if search.budget is not None and not search.accept_whole:
            require_budget(recipe, search.budget, str(path))
        return recipe, frozenset()
    base = str(data["extends"])
    if base.endswith((".yaml", ".yml", ".json")) or ".py:" in base:
        base = str(path.parent / base)
    budget = search.budget or check_value(data.get("budget"), str | None, f"the budget in {path}")
    changes = _flatten({k: v for k, v in data.items() if k not in ("extends", "budget", "name", "summary")})
    inner = dataclasses.replace(search, budget=budget, files=(*search.files, path.resolve()))
    recipe, changed = _find(base, inner)
    name, summary = data.get("name", recipe.name), data.get("summary", recipe.summary)
    recipe = dataclasses.replace(recipe.override(changes, search.trusted), name=name, summary=summary)
    return recipe, changed | changes.keys()


def _flatten(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested mappings as one mapping with dotted keys; ``{"target": ...}`` mappings stay whole.

    Raises:
        UserError: a key is given twice, such as ``a.b`` beside ``b`` in ``a``.
    """
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        path = f"{prefix}{key}"
        nested = isinstance(value, Mapping) and "target" not in value
        for name, leaf in (_flatten(value, path + ".") if nested else {path: value}).items():
            if name in flat:
                raise UserError(f"{name} is given twice; leave one of the two out")
            flat[name] = leaf
    return flat
