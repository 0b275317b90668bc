"""The Recipe: one frozen, JSON-serialisable description of everything that defines a training run."""

from __future__ import annotations

import dataclasses
import inspect
import types
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args, overload

from ganbench.config.addresses import require_kind
from ganbench.config.dotted_keys import annotation_at, paths, value_at, with_settings, with_value
from ganbench.config.spec import Spec, check_value
from ganbench.errors import UserError, did_you_mean
from ganbench.recipes.overrides import keep_arguments, parents_first, parse_part, to_specs
from ganbench.recipes.start import Start, is_start_key
from ganbench.training.settings import Machine, Schedule

#: The compute that a recipe is sized for: "laptop" is minutes and "hour" about an hour on two CPU cores; "reference" is
#: the published training length.
Budget = Literal["laptop", "hour", "reference"]
ALL_BUDGETS: tuple[Budget, ...] = get_args(Budget)
DEFAULT_BUDGETS: tuple[Budget, ...] = ("laptop", "reference")
RecipeFunction = Callable[..., "Recipe"]

_FORMAT = 1
_OVERRIDABLE = ("data", "latent", "networks", "algorithm", "optimizers", "schedule", "machine")


@dataclass(frozen=True)
class Paper:
    """A publication. Authors are in the paper's order, such as "Ian J. Goodfellow"; recipes of old runs have none.

    Example:
        >>> from ganbench import Paper
        >>> Paper("Generative Adversarial Networks", 2014, "1406.2661").arxiv
        '1406.2661'
    """

    title: str
    year: int
    arxiv: str = ""
    authors: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        types_by_name = {"title": str, "year": int, "arxiv": str, "authors": tuple[str, ...]}
        for name, expected in types_by_name.items():  # authors are a list if read from JSON
            object.__setattr__(self, name, check_value(getattr(self, name), expected, f"a paper's {name}"))

    def to_dict(self) -> dict[str, Any]:
        """Return the paper as a JSON-compatible dictionary."""
        return {**dataclasses.asdict(self), "authors": list(self.authors)}


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that defines a training run except its seed.

    Its parts (data set, networks, losses ...) are Specs: calls of classes or functions that are deferred until the run
    starts.

    Attributes:
        name: Public name, valid as a folder name.
        summary: One line for listings.
        data: Data set.
        latent: Distribution of the generator's input.
        networks: Networks by the names that the algorithm uses, such as "G" (generator) and "D" (discriminator).
        algorithm: Losses and the order of updates.
        optimizers: Optimizers by the name of their network.
        schedule: Number of steps, batch size, learning-rate schedule, and the intervals of logging, evaluation and
            checkpoints.
        machine: Device, precision and threads.
        start: The weights that networks start from; ``networks.G.weights=zoo:NAME`` sets it.
        papers: The publications that the recipe follows.
        budget: The :data:`Budget` that the recipe is sized for, or a time such as "20m".

    Raises:
        UserError: a network that the algorithm needs is missing, an optimizer belongs to no network, or the name
            cannot be used as a folder name.

    Example:
        >>> import ganbench
        >>> recipe = ganbench.find_recipe("gan-ring8", "laptop").override({"optimizers.G.lr": 1e-4})
        >>> recipe.optimizers["G"].kwargs["lr"]
        0.0001
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
    start: Start = field(default_factory=Start)
    papers: tuple[Paper, ...] = ()
    budget: str = "reference"

    def __post_init__(self) -> None:
        for field_name in ("name", "summary", "budget"):
            check_value(getattr(self, field_name), str, f"the recipe's {field_name}")
        if not self.name or set(self.name) & set("/\\\0") or self.name.startswith("."):
            raise UserError(
                f"the recipe's name {self.name!r} cannot name a folder; use letters, digits and dashes"
            )
        whole = {"networks": Mapping, "optimizers": Mapping, "schedule": Schedule, "machine": Machine}
        for field_name, kind in whole.items():
            if not isinstance(getattr(self, field_name), kind):
                raise UserError(
                    f"{field_name} is no part itself; set the keys below it, as in {field_name}.KEY=VALUE"
                )
        for key, package, spec in self._parts():
            if not isinstance(spec, Spec):
                raise UserError(f"{key} must be a part such as Spec(...), not {spec!r}")
            require_kind(spec.target, package, key)
        for field_name in ("networks", "optimizers"):
            frozen = types.MappingProxyType(dict(getattr(self, field_name)))
            object.__setattr__(self, field_name, frozen)
        required = getattr(self.algorithm.target, "networks", ())  # a class attribute of each algorithm
        missing = sorted(set(required) - set(self.networks))
        if missing:
            raise UserError(
                f"{self.algorithm.target.__name__} needs the networks {', '.join(required)}; "
                f"recipe '{self.name}' lacks {', '.join(missing)}"
            )
        start = self.start
        for key, names in (
            ("optimizers", self.optimizers),
            ("weights", start.weights),
            ("frozen", start.frozen),
        ):
            for name in names:
                if name not in self.networks:
                    address = f"{key}.{name}" if key == "optimizers" else f"networks.{name}.{key}"
                    hint = did_you_mean(name, self.networks)
                    raise UserError(f"{address}: there is no network of that name{hint}")

    def _parts(self) -> Iterator[tuple[str, str, Spec]]:
        """Yield the dotted key of each of the recipe's own parts, the package of its kind, and the part."""
        yield "data", "ganbench.data", self.data
        yield "latent", "ganbench.latents", self.latent
        yield "algorithm", "ganbench.algorithms", self.algorithm
        yield "schedule.learning_rate", "ganbench.training.schedule", self.schedule.learning_rate
        yield from ((f"networks.{name}", "ganbench.networks", spec) for name, spec in self.networks.items())
        yield from ((f"optimizers.{name}", "torch.optim", spec) for name, spec in self.optimizers.items())

    def to_dict(self) -> dict[str, Any]:
        """Return the recipe as a JSON-compatible dictionary."""
        schedule = {f.name: getattr(self.schedule, f.name) for f in dataclasses.fields(self.schedule)}
        schedule = {k: list(v) if isinstance(v, tuple) else v for k, v in schedule.items()}
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
            **({"start": self.start.to_dict()} if self.start else {}),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], trusted: Collection[str] = ()) -> Recipe:
        """Rebuild a recipe from the output of :meth:`to_dict`.

        Args:
            data: The dictionary.
            trusted: Names of Python modules outside ganbench whose code the recipe may run.

        Raises:
            UserError: the dictionary is damaged, incomplete, of an unknown format, or names code outside ganbench that
                is not ``trusted``.
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
                start=Start(**data.get("start", {})),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UserError(f"the recipe is incomplete or damaged: {error}") from error

    def override(self, changes: Mapping[str, Any], trusted: Collection[str] = ()) -> Recipe:
        """Return a copy with the values at the given dotted keys replaced.

        A new part is given as a name, as a mapping ``{"target": ADDRESS, ARGUMENT: VALUE}``, or in Python as a class,
        a dataclass instance or a Spec. Most parts start from their default arguments. Two kinds keep the old part's
        arguments that they also accept: a data set given by name, and a subclass of the old class, such as a variant
        of an algorithm::

            recipe.override({
                "optimizers.G.lr": 1e-4,
                "data": "folder:PATH",
                "algorithm.loss": "Hinge",
                "algorithm.augmentation": "ADA",  # also if the recipe has no augmentation yet
                "algorithm.regularizers": [{"target": "ganbench.regularizers:R1", "gamma": 1.0}],
            })

        Args:
            changes: New values by dotted key, applied in order, but a part before the keys below it.
            trusted: Names of Python modules outside ganbench whose code may be run.

        Raises:
            UserError: a key does not exist, or a value does not fit.
        """
        recipe, settings = self, dict[str, dict[str, Any]]()
        for path in parents_first(changes):
            keys = tuple(path.split("."))
            if is_start_key(keys, recipe.networks):
                start = recipe.start.replace(keys[1], keys[2], changes[path])
                recipe = dataclasses.replace(recipe, start=start)
                continue
            value = recipe._parse(keys, changes[path], trusted)
            owner = getattr(self, keys[0])
            if len(keys) == 2 and isinstance(owner, Schedule | Machine) and not isinstance(value, Spec):
                # set together below: one may fit only with another, as batch and microbatches
                settings.setdefault(keys[0], {})[keys[1]] = value
            else:
                recipe = with_value(recipe, keys, value)
        for name, values in settings.items():
            recipe = with_settings(recipe, name, values)
        return recipe

    def _parse(self, keys: tuple[str, ...], value: Any, trusted: Collection[str]) -> Any:
        """Return what a user gives for a key, with the parts that it names as Specs."""
        if keys[0] not in _OVERRIDABLE:
            path = ".".join(keys)
            all_paths = [p for name in _OVERRIDABLE for p in [name, *paths(getattr(self, name), name)]]
            same_ending = [p for p in all_paths if p.rpartition(".")[2] == path]
            hint = f"; did you mean '{same_ending[0]}'?" if same_ending else did_you_mean(path, all_paths)
            raise UserError(f"recipe '{self.name}' has no key '{path}'{hint}")
        current = value_at(self, keys)
        if isinstance(value, str):
            value = parse_part(value, current, annotation_at(self, keys), trusted)
        elif inspect.isclass(value):
            value = keep_arguments(Spec(value), current)
        return to_specs(value, trusted)


@overload
def recipe(function: RecipeFunction) -> RecipeFunction: ...


@overload
def recipe(*, budgets: tuple[Budget, ...]) -> Callable[[RecipeFunction], RecipeFunction]: ...


def recipe(
    function: RecipeFunction | None = None, *, budgets: tuple[Budget, ...] = DEFAULT_BUDGETS
) -> RecipeFunction | Callable[[RecipeFunction], RecipeFunction]:
    """Decorate a function ``(budget) -> Recipe`` so that ganbench finds it as a recipe.

    The recipe's public name is the function's, with dashes for underscores. ``budgets`` are those that the function
    accepts.

    Example:
        >>> import dataclasses
        >>> from ganbench import find_recipe, recipe
        >>> @recipe
        ... def wide_gan(budget="reference"):
        ...     base = find_recipe("gan-ring8", budget).override({"networks.G.width": 512})
        ...     return dataclasses.replace(base, name="wide-gan")
        >>> wide_gan.recipe_name
        'wide-gan'
    """

    def register(function: RecipeFunction) -> RecipeFunction:
        function.recipe_name = function.__name__.replace("_", "-")  # type: ignore[attr-defined]
        function.budgets = budgets  # type: ignore[attr-defined]
        if "budget" not in inspect.signature(function).parameters:
            raise TypeError(f"the recipe function {function.__name__} takes no budget")
        return function

    return register if function is None else register(function)
