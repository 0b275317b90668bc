"""A Spec is a checked, deferred call: stored as JSON, called when the run knows the rest."""

from __future__ import annotations

import importlib
import inspect
import types
import typing
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from ganbench.config.renamed import current_part
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
_SCALARS = (int, float, bool, str, types.NoneType)


class Spec:
    """A deferred call ``target(**kwargs)`` whose argument names and types are checked at once.

    Arguments are numbers, strings, booleans, None, tuples of these, or other Specs, which are called first.
    Equal target and arguments make equal Specs; a Spec never changes, :meth:`replace` makes another.

    Raises:
        UserError: an argument has an unknown name or a value of the wrong type.
    """

    __slots__ = ("kwargs", "target")
    target: Callable[..., Any]
    kwargs: Mapping[str, Any]

    def __init__(self, target: Callable[..., Any], /, **kwargs: Any) -> None:
        known = parameters(target)
        for name in kwargs:
            if name not in known:
                raise UserError(f"{target.__name__} has no argument '{name}'{did_you_mean(name, known)}")
        checked = {
            name: check(value, known[name].annotation, f"{target.__name__}.{name}")
            for name, value in kwargs.items()
        }
        object.__setattr__(self, "target", target)
        object.__setattr__(self, "kwargs", types.MappingProxyType(checked))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a Spec never changes; use replace()")

    def __call__(self, **runtime: Any) -> Any:
        """Call the inner Specs, then the target with them and with what only the run knows."""
        built = {name: _build(value) for name, value in self.kwargs.items()}
        try:
            return self.target(**built, **runtime)
        except ValueError as error:
            raise UserError(f"{self.target.__name__}: {error}") from error
        except TypeError as error:
            given = {**built, **runtime}
            missing = [
                f"'{n}'"
                for n, p in parameters(self.target).items()
                if p.default is p.empty and n not in given
            ]
            if missing:
                raise UserError(f"{self.target.__name__} needs {', '.join(missing)}") from error
            raise

    def accepts(self, name: str) -> bool:
        """Whether the target has this argument and the Spec leaves it open."""
        return name in parameters(self.target) and name not in self.kwargs

    def replace(self, **kwargs: Any) -> Spec:
        """Return the same Spec with some arguments set to other values."""
        return Spec(self.target, **{**self.kwargs, **kwargs})

    def to_dict(self) -> dict[str, Any]:
        """Return the Spec as JSON can hold it: ``{"target": "package:name", argument: value, ...}``."""
        return {"target": _address(self.target), **{k: _plain(v) for k, v in self.kwargs.items()}}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], trusted: Collection[str] = ()) -> Spec:
        """Read what :meth:`to_dict` wrote; targets must be ganbench's parts or in a module named in ``trusted``."""
        part = current_part(data)
        target = _find(part.pop("target"), trusted)
        return cls(target, **{k: _unplain(v, trusted) for k, v in part.items()})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spec) and (self.target, self.kwargs) == (other.target, other.kwargs)

    def __hash__(self) -> int:
        return hash((self.target, frozenset(self.kwargs)))

    def __repr__(self) -> str:
        arguments = ", ".join([self.target.__name__, *(f"{k}={v!r}" for k, v in self.kwargs.items())])
        return f"Spec({arguments})"


def parameters(target: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """Return the named arguments of a callable, with annotations resolved where their names can be found."""
    try:
        signature = inspect.signature(target, eval_str=True)
    except NameError:  # an annotation imported for type checkers only: its value stays unchecked
        signature = inspect.signature(target)
    by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {name: p for name, p in signature.parameters.items() if p.kind in by_name and name != "params"}


def check(value: Any, annotation: Any, where: str) -> Any:
    """Return the value as its annotation has it (a list becomes a tuple, ``1`` becomes ``1.0``).

    Raises:
        UserError: the value does not fit; ``where`` names the place.
    """
    plain = _plain_annotation(annotation)
    several = isinstance(value, list | tuple) and any(isinstance(v, Spec) for v in value)
    if (several or isinstance(value, Spec)) and plain is not None and plain == annotation:
        raise UserError(f"{where} must be {_words(annotation)}, not a part")
    if isinstance(value, Spec):
        return value
    if annotation is inspect.Parameter.empty or isinstance(annotation, str):
        return tuple(value) if isinstance(value, list) else value
    if isinstance(value, list | tuple) and (several or not value) and _takes_many(annotation):
        wrong = [v for v in value if not isinstance(v, Spec)]
        if not wrong:
            return tuple(value)
        raise UserError(f"{where} must be a part such as Spec(...), not {wrong[0]!r}")
    if plain is None:
        raise UserError(f"{where} must be a part such as Spec(...), not {value!r}")
    if plain is types.NoneType and annotation not in (None, plain) and value is not None:
        raise UserError(f"{where} must be a part such as Spec(...) or none, not {value!r}")
    return _coerce(value, plain, where)


def package_of(annotation: Any) -> str | None:
    """Return the package of the parts that a place takes, or None if it takes none, or a list of them."""
    union = typing.get_origin(annotation) in (typing.Union, types.UnionType)
    for kind in typing.get_args(annotation) if union else (annotation,):
        module = f"{getattr(kind, '__module__', '')}."
        found = [p for p in PART_PACKAGES if isinstance(kind, type) and module.startswith(f"{p}.")]
        if found:
            return found[0]
    return None


def _takes_many(annotation: Any) -> bool:
    origin = typing.get_origin(annotation) or annotation
    if origin in (typing.Union, types.UnionType):
        return any(map(_takes_many, typing.get_args(annotation)))
    return isinstance(origin, type) and issubclass(origin, Iterable) and not issubclass(origin, str | Mapping)


def _coerce(value: Any, annotation: Any, where: str) -> Any:
    from pydantic import ConfigDict, TypeAdapter, ValidationError

    wrong = UserError(f"{where} must be {_words(annotation)}, not {value!r}")
    if _has_bool(value) and not _allows_bool(annotation):  # pydantic would read True as 1
        raise wrong
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(annotation, config=ConfigDict(allow_inf_nan=False))
        return adapter.validate_python(value)
    except ValidationError:
        raise wrong from None


def _has_bool(value: Any) -> bool:
    return any(map(_has_bool, value)) if isinstance(value, list | tuple) else isinstance(value, bool)


def _allows_bool(annotation: Any) -> bool:
    return annotation is bool or any(map(_allows_bool, typing.get_args(annotation)))


def _plain_annotation(annotation: Any) -> Any:
    """Return the part of an annotation that JSON can hold, or None if there is none."""
    if annotation in _SCALARS or annotation is None:
        return annotation
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return annotation
    if origin in (typing.Union, types.UnionType):
        kept = [p for p in map(_plain_annotation, arguments) if p is not None]
        if not set(kept) - {types.NoneType}:
            return types.NoneType if kept else None
        return typing.Union[tuple(kept)]  # noqa: UP007 (the members are known only at run time)
    if origin is tuple:
        inner = tuple(a if a is Ellipsis else _plain_annotation(a) for a in arguments)
        return None if None in inner else tuple.__class_getitem__(inner)
    return None


def _words(annotation: Any) -> str:
    names = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
    names |= {types.NoneType: "none"}
    if annotation in names:
        return names[annotation]
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return "one of " + ", ".join(map(str, arguments))
    if origin is tuple:
        if Ellipsis in arguments:
            return f"a list of {_words(arguments[0])}"
        return "a list of (" + ", ".join(map(_words, arguments)) + ")"
    if origin in (typing.Union, types.UnionType):
        return " or ".join(map(_words, arguments))
    return str(annotation)


def _build(value: Any) -> Any:
    if isinstance(value, Spec):
        return value()
    return tuple(map(_build, value)) if isinstance(value, tuple) else value


def _plain(value: Any) -> Any:
    if isinstance(value, Spec):
        return value.to_dict()
    return [_plain(v) for v in value] if isinstance(value, tuple) else value


def _unplain(value: Any, trusted: Collection[str]) -> Any:
    if isinstance(value, Mapping):
        return Spec.from_dict(value, trusted)
    return tuple(_unplain(v, trusted) for v in value) if isinstance(value, list) else value


def _address(target: Callable[..., Any]) -> str:
    """Return ``module:name``, by the package that publishes the name rather than the file that defines it."""
    module, name = target.__module__, target.__qualname__
    package = module.rpartition(".")[0]
    if package and getattr(importlib.import_module(package), name, None) is target:
        module = package
    return f"{module}:{name}"


def _find(address: str, trusted: Collection[str]) -> Callable[..., Any]:
    module, _, name = address.partition(":")
    if not name.isidentifier():
        raise UserError(f"'{address}' names no part; a part is written 'ganbench.losses:NonSaturating'")
    inside = [p for p in PART_PACKAGES if module == p or module.startswith(p + ".")]
    if not inside and module not in trusted:
        raise UserError(
            f"the recipe names code outside ganbench ('{address}'); if you trust it, name its file with --module"
        )
    try:
        target = getattr(importlib.import_module(module), name, None)
    except ImportError as error:
        raise UserError(f"the part '{address}' cannot be imported: {error}") from error
    defined_in = getattr(target, "__module__", "") or ""
    own = inside and not any(defined_in == p or defined_in.startswith(p + ".") for p in PART_PACKAGES)
    if not callable(target) or own or (inside and (name.startswith("_") or _writes(target))):
        known = [n for n, v in vars(importlib.import_module(module)).items() if inspect.isclass(v)]
        raise UserError(f"there is no part '{name}' in {module}{did_you_mean(name, known)}")
    return typing.cast("Callable[..., Any]", target)


def _writes(target: Any) -> bool:
    """Whether it is one of the data package's own functions (some write files) rather than a data set's."""
    of_data = getattr(target, "__module__", "").startswith("ganbench.data")
    return of_data and inspect.isfunction(target) and not hasattr(target, "dataset_name")
