"""Spec: a deferred call of a class or function, checked when it is created and stored in recipes as JSON.

Recipes consist of parts: networks, losses, data sets, optimizers and so on. A part is a class or function, and a Spec
holds it with its arguments. The run calls the Spec and adds what only the run knows, such as an optimizer's parameters.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import types
import typing
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from ganbench.config.addresses import address_of, can_be_part, load_part, package_for, require_kind
from ganbench.config.json_types import convert, describe, json_types_of, shorten
from ganbench.config.renamed import current_part
from ganbench.errors import UserError, did_you_mean


class Spec:
    """A deferred call ``target(**kwargs)``. Argument names and types are checked when the Spec is created.

    Values are numbers, strings, booleans, None, tuples of these, or other parts. A part is given as a Spec, a class or
    function (``MyLoss`` means ``Spec(MyLoss)``) or a dataclass instance, and is built before the call. A Spec is
    immutable; :meth:`replace` returns a changed copy. Specs with equal target and arguments are equal.

    Example:
        >>> from ganbench import Spec
        >>> from ganbench.regularizers import R1
        >>> Spec(R1, gamma=10)
        Spec(R1, gamma=10.0)
        >>> Spec(R1, gama=10)
        Traceback (most recent call last):
        ganbench.errors.UserError: R1 has no argument 'gama'; did you mean 'gamma'?

    Raises:
        UserError: an argument has an unknown name or a value of the wrong type.
    """

    __slots__ = ("kwargs", "target")
    target: Callable[..., Any]
    kwargs: Mapping[str, Any]

    def __init__(self, target: Callable[..., Any], /, **kwargs: Any) -> None:
        accepted = parameters(target)
        for name in kwargs:
            if name not in accepted:
                raise UserError(f"{target.__name__} has no argument '{name}'{did_you_mean(name, accepted)}")
        checked = {
            name: check_value(value, accepted[name].annotation, f"{target.__name__}.{name}")
            for name, value in kwargs.items()
        }
        object.__setattr__(self, "target", target)
        object.__setattr__(self, "kwargs", types.MappingProxyType(checked))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a Spec never changes; use replace()")

    def __call__(self, **runtime: Any) -> Any:
        """Call the Specs among the arguments, then the target with all arguments and those that the run adds.

        Raises:
            UserError: an argument is missing, or the target raises ValueError.
        """
        built = {name: _build(value) for name, value in self.kwargs.items()}
        try:
            return self.target(**built, **runtime)
        except ValueError as error:
            raise UserError(f"{self.target.__name__}: {error}") from error
        except TypeError as error:
            arguments = {**built, **runtime}
            missing = [
                f"'{n}'"
                for n, p in parameters(self.target).items()
                if p.default is p.empty and n not in arguments
            ]
            if missing:
                raise UserError(f"{self.target.__name__} needs {', '.join(missing)}") from error
            raise

    def accepts(self, name: str) -> bool:
        """Whether the target has an argument of this name that the Spec does not set."""
        return name in parameters(self.target) and name not in self.kwargs

    def replace(self, **kwargs: Any) -> Spec:
        """Return a copy with some arguments set to other values."""
        return Spec(self.target, **{**self.kwargs, **kwargs})

    def to_dict(self) -> dict[str, Any]:
        """Return the Spec for JSON: ``{"target": "package:name", argument: value, ...}``."""
        return {"target": address_of(self.target), **{k: _to_json(v) for k, v in self.kwargs.items()}}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], trusted: Collection[str] = ()) -> Spec:
        """Return the Spec that :meth:`to_dict` wrote.

        Args:
            data: The dictionary. Old names of parts and arguments are replaced by the current ones.
            trusted: Names of Python modules outside ganbench whose parts may be used.

        Raises:
            UserError: a part does not exist or is not trusted, or an argument is wrong.
        """
        part = current_part(data)
        target = load_part(part.pop("target"), trusted)
        for key in part:
            if not isinstance(key, str):
                raise UserError(f"{target.__name__} has no argument {key!r}; the names of arguments are text")
        return cls(target, **{k: _from_json(v, trusted) for k, v in part.items()})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spec) and (self.target, self.kwargs) == (other.target, other.kwargs)

    def __hash__(self) -> int:
        return hash((self.target, frozenset(self.kwargs)))  # names only: enough for equal Specs to hash alike

    def __repr__(self) -> str:
        arguments = ", ".join([self.target.__name__, *(f"{k}={v!r}" for k, v in self.kwargs.items())])
        return f"Spec({arguments})"


def parameters(target: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """Return the arguments of a callable that a Spec may set, by name.

    Not included are positional-only and variadic arguments, and ``params``, which the run passes to an optimizer.
    Annotations are evaluated; if one cannot be, all of them stay strings.
    """
    return dict(_parameters(target))


@functools.lru_cache(maxsize=1024)
def _parameters(target: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    try:
        signature = inspect.signature(target, eval_str=True)
    except NameError:  # a name imported under TYPE_CHECKING: values of string annotations are not checked
        signature = inspect.signature(target)
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {name: p for name, p in signature.parameters.items() if p.kind in named and name != "params"}


def field_types(kind: type) -> Mapping[str, Any]:
    """Return the evaluated annotations of a dataclass's fields, by name."""
    return _field_types(kind)


@functools.lru_cache(maxsize=1024)
def _field_types(kind: type) -> Mapping[str, Any]:
    hints = typing.get_type_hints(kind)
    return types.MappingProxyType({field.name: hints[field.name] for field in dataclasses.fields(kind)})


def check_value(value: Any, annotation: Any, name: str) -> Any:
    """Check a value against a type annotation, and return it converted.

    A list becomes a tuple, a class a Spec, and ``1`` becomes ``1.0`` for a float. An annotation with a type that JSON
    cannot hold, such as ``Loss``, accepts a Spec of a part of that kind or of the user's own.

    Args:
        value: The value.
        annotation: The annotation; ``inspect.Parameter.empty`` and strings accept anything.
        name: The name of the argument, for messages.

    Raises:
        UserError: the value does not fit.
    """
    value = [as_spec(v) for v in value] if isinstance(value, list | tuple) else as_spec(value)
    json_types = json_types_of(annotation)
    has_specs = isinstance(value, list | tuple) and any(isinstance(v, Spec) for v in value)
    accepts_parts = json_types is None or json_types != annotation
    if (has_specs or isinstance(value, Spec)) and not accepts_parts:
        raise UserError(f"{name} must be {describe(annotation)}, not a part")
    for part in value if has_specs else [value]:
        if isinstance(part, Spec) and (package := package_for(_item_annotation(annotation))):
            require_kind(part.target, package, name)
    if isinstance(value, Spec):
        return value
    if annotation is inspect.Parameter.empty or isinstance(annotation, str):
        return tuple(value) if isinstance(value, list) else value
    if isinstance(value, list | tuple) and (has_specs or not value) and _accepts_sequence(annotation):
        # a list of parts only, or an empty list
        others = [v for v in value if not isinstance(v, Spec)]
        if not others:
            return tuple(value)
        raise UserError(f"{name} must be a part such as Spec(...), not {shorten(others[0])}")
    if json_types is None:
        raise UserError(f"{name} must be a part such as Spec(...), not {shorten(value)}")
    # an annotation such as ``Loss | None``
    if json_types is types.NoneType and annotation not in (None, json_types) and value is not None:
        raise UserError(f"{name} must be a part such as Spec(...) or none, not {shorten(value)}")
    return convert(value, json_types, name)


def as_spec(value: Any) -> Any:
    """Return the Spec of a class, a function or an instance of a part's dataclass; else the value itself."""
    if isinstance(value, type) or inspect.isfunction(value):
        return Spec(value)
    if dataclasses.is_dataclass(value) and can_be_part(type(value)):
        return Spec(
            type(value), **{f.name: getattr(value, f.name) for f in dataclasses.fields(value) if f.init}
        )
    return value


def _item_annotation(annotation: Any) -> Any:
    """Return the annotation of the items of a list, or the annotation itself if it accepts no list."""
    arguments = typing.get_args(annotation)
    is_list = typing.get_origin(annotation) not in (typing.Union, types.UnionType) and arguments
    return arguments[0] if is_list and _accepts_sequence(annotation) else annotation


def _accepts_sequence(annotation: Any) -> bool:
    """Whether an annotation accepts an iterable that is neither a string nor a mapping."""
    origin = typing.get_origin(annotation) or annotation
    if origin in (typing.Union, types.UnionType):
        return any(map(_accepts_sequence, typing.get_args(annotation)))
    return isinstance(origin, type) and issubclass(origin, Iterable) and not issubclass(origin, str | Mapping)


def _build(value: Any) -> Any:
    if isinstance(value, Spec):
        return value()
    return tuple(map(_build, value)) if isinstance(value, tuple) else value


def _to_json(value: Any) -> Any:
    if isinstance(value, Spec):
        return value.to_dict()
    return [_to_json(v) for v in value] if isinstance(value, tuple) else value


def _from_json(value: Any, trusted: Collection[str]) -> Any:
    if isinstance(value, Mapping):
        return Spec.from_dict(value, trusted)
    return tuple(_from_json(v, trusted) for v in value) if isinstance(value, list) else value
