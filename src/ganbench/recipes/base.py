"""A Recipe is all that a run is: data, latent, networks, algorithm, optimizers, schedule; frozen and stored as JSON."""

from __future__ import annotations

import dataclasses
import inspect
import types
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args, overload

import yaml

from ganbench.config.dotted_keys import annotation_at, paths, value_at, with_value
from ganbench.config.spec import Spec, check, package_of, parameters
from ganbench.errors import UserError, did_you_mean
from ganbench.training.settings import Machine, Schedule

Budget = Literal["laptop", "hour", "reference"]
USUAL_BUDGETS: tuple[Budget, ...] = ("laptop", "reference")
EVERY_BUDGET: tuple[Budget, ...] = get_args(Budget)
RecipeFunction = Callable[..., "Recipe"]
_FORMAT = 1


@dataclass(frozen=True)
class Paper:
    """Where a recipe comes from; authors in the paper's order, first names first. Old records know none."""

    title: str
    year: int
    arxiv: str = ""
    authors: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "authors", tuple(self.authors))  # JSON has lists

    def to_dict(self) -> dict[str, Any]:
        """Return the paper as JSON can hold it."""
        return {**dataclasses.asdict(self), "authors": list(self.authors)}


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that decides a run, but for its seed.

    Raises:
        UserError: the algorithm's networks and the given networks or optimizers do not match.
    """

    name: str
    summary: str
    data: Spec
    latent: Spec
    networks: Mapping[str, Spec]
    algorithm: Spec
    optimizers: Mapping[str, Spec]
    schedule: Schedule
    machine: Machine = field(default_factory=Machine)
    papers: tuple[Paper, ...] = ()
    budget: str = "reference"

    def __post_init__(self) -> None:
        for field_name in ("name", "summary", "budget"):
            check(getattr(self, field_name), str, f"the recipe's {field_name}")
        if not self.name or set(self.name) & set("/\\\0") or self.name.startswith("."):
            raise UserError(
                f"the recipe's name {self.name!r} cannot name a folder; use letters, digits and dashes"
            )
        for field_name in ("networks", "optimizers"):
            frozen = types.MappingProxyType(dict(getattr(self, field_name)))
            object.__setattr__(self, field_name, frozen)
        needed = getattr(self.algorithm.target, "networks", ())
        missing = sorted(set(needed) - set(self.networks))
        if missing:
            raise UserError(
                f"{self.algorithm.target.__name__} needs the networks {', '.join(needed)}; "
                f"recipe '{self.name}' lacks {', '.join(missing)}"
            )
        for name in self.optimizers:
            if name not in self.networks:
                raise UserError(
                    f"optimizers.{name}: there is no network of that name{did_you_mean(name, self.networks)}"
                )

    def to_dict(self) -> dict[str, Any]:
        """Return the recipe as JSON can hold it."""
        schedule = {
            f.name: _as_json(getattr(self.schedule, f.name)) for f in dataclasses.fields(self.schedule)
        }
        return {
            "format": _FORMAT,
            "name": self.name,
            "summary": self.summary,
            "budget": self.budget,
            "papers": [p.to_dict() for p in self.papers],
            "data": self.data.to_dict(),
            "latent": self.latent.to_dict(),
            "networks": {k: v.to_dict() for k, v in self.networks.items()},
            "algorithm": self.algorithm.to_dict(),
            "optimizers": {k: v.to_dict() for k, v in self.optimizers.items()},
            "schedule": {**schedule, "learning_rate": self.schedule.learning_rate.to_dict()},
            "machine": dataclasses.asdict(self.machine),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], trusted: Collection[str] = ()) -> Recipe:
        """Read what :meth:`to_dict` wrote.

        Raises:
            UserError: it is not a recipe, or one of a format that this version does not know.
        """
        if data.get("format") != _FORMAT:
            raise UserError(f"this recipe has format {data.get('format')!r}; this version reads {_FORMAT}")

        def spec(value: Any) -> Spec:
            return Spec.from_dict(value, trusted)

        try:
            schedule = {**data["schedule"], "learning_rate": spec(data["schedule"]["learning_rate"])}
            return cls(
                name=data["name"],
                summary=data["summary"],
                budget=data["budget"],
                papers=tuple(Paper(**p) for p in data["papers"]),
                data=spec(data["data"]),
                latent=spec(data["latent"]),
                networks={k: spec(v) for k, v in data["networks"].items()},
                algorithm=spec(data["algorithm"]),
                optimizers={k: spec(v) for k, v in data["optimizers"].items()},
                schedule=Schedule(**schedule),
                machine=Machine(**data["machine"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UserError(f"the recipe is incomplete or damaged: {error}") from error

    def override(self, changes: Mapping[str, Any], trusted: Collection[str] = ()) -> Recipe:
        """Return the recipe with dotted keys set: ``{"optimizers.G.lr": 1e-4, "data": "mnist"}``.

        A part is replaced by giving its name (``algorithm.loss=Hinge``); a data set by its own
        (``data=cifar10-jpeg``, ``data=folder:PATH``), which keeps the arguments that both understand. Where none
        stands yet but one may, its name does, too (``algorithm.augmentation=ADA``). Parts in lists and parts with
        arguments are written out: ``{"target": "ganbench.regularizers:R1", "gamma": 1.0}``.

        Raises:
            UserError: no such key, or a value that does not fit.
        """
        recipe = self
        for path, value in changes.items():
            recipe = recipe._override_one(path, value, trusted)
        return recipe

    def _override_one(self, path: str, value: Any, trusted: Collection[str]) -> Recipe:
        keys = tuple(path.split("."))
        if keys[0] not in _OVERRIDABLE:
            every = [p for name in _OVERRIDABLE for p in [name, *paths(getattr(self, name), name)]]
            last = [p for p in every if p.rpartition(".")[2] == path]
            hint = f"; did you mean '{last[0]}'?" if last else did_you_mean(path, every)
            raise UserError(f"recipe '{self.name}' has no key '{path}'{hint}")
        if isinstance(value, str):
            value = _part(value, value_at(self, keys), annotation_at(self, keys), trusted)
        changed: Recipe = with_value(self, keys, _written_out(value, trusted))
        return changed


_OVERRIDABLE = ("data", "latent", "networks", "algorithm", "optimizers", "schedule", "machine")


def _as_json(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


@overload
def recipe(function: RecipeFunction) -> RecipeFunction: ...


@overload
def recipe(*, budgets: tuple[Budget, ...]) -> Callable[[RecipeFunction], RecipeFunction]: ...


def recipe(
    function: RecipeFunction | None = None, *, budgets: tuple[Budget, ...] = USUAL_BUDGETS
) -> RecipeFunction | Callable[[RecipeFunction], RecipeFunction]:
    """Mark a function ``(budget) -> Recipe`` as a recipe of these budgets; its public name is its own with dashes."""

    def marked(function: RecipeFunction) -> RecipeFunction:
        function.recipe_name = function.__name__.replace("_", "-")  # type: ignore[attr-defined]
        function.budgets = budgets  # type: ignore[attr-defined]
        if "budget" not in inspect.signature(function).parameters:
            raise TypeError(f"the recipe function {function.__name__} takes no budget")
        return function

    return marked if function is None else marked(function)


def parse_overrides(words: Collection[str]) -> dict[str, Any]:
    """Turn ``["optimizers.G.lr=1e-4", ...]`` into a mapping; values are read as YAML.

    Raises:
        UserError: a word is not KEY=VALUE.
    """
    changes = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals or not key:
            raise UserError(f"'{word}' is not KEY=VALUE, as in schedule.steps=1000")
        changes[key] = _scalar(text)
    return changes


def _scalar(text: str) -> Any:
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        return text
    if isinstance(value, str):
        try:
            return float(value)  # YAML 1.1 reads 1e-4 as text
        except ValueError:
            return text
    return value if isinstance(value, int | float | bool | list | dict | None) else text


def _written_out(value: Any, trusted: Collection[str]) -> Any:
    """Return a value with the parts that are written out as mappings, alone or in a list, made Specs."""
    if isinstance(value, Mapping) and "target" in value:
        return Spec.from_dict(value, trusted)
    return [_written_out(v, trusted) for v in value] if isinstance(value, list) else value


def _part(text: str, present: Any, annotation: Any, trusted: Collection[str]) -> Any:
    """Return the part that a name stands for in a place that holds a part now, or may; any other text as it is."""
    if present is None and (package := package_of(annotation)):
        return _found(text, package, trusted)
    if not isinstance(present, Spec):
        return text
    if hasattr(present.target, "dataset_name"):
        from ganbench.data.registry import dataset_named

        target, arguments = dataset_named(text)
        known = parameters(target)
        kept = {k: v for k, v in present.kwargs.items() if k in known}
        return Spec(target, **{**kept, **arguments})
    return _found(text, present.to_dict()["target"].partition(":")[0], trusted)


def _found(text: str, package: str, trusted: Collection[str]) -> Spec:
    """Return the part that is meant by ``NAME``, of that package, or by ``MODULE:NAME``."""
    return Spec.from_dict({"target": text if ":" in text else f"{package}:{text}"}, trusted)
