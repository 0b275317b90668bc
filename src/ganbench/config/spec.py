"""A Spec is a part and its arguments: checked when written, stored as JSON, called when the run knows the rest."""

from __future__ import annotations

import dataclasses
import inspect
import types
import typing
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from ganbench.config.addresses import address_of, may_be_part, part_at
from ganbench.config.renamed import current_part
from ganbench.errors import UserError, did_you_mean

_SCALARS = (int, float, bool, str, types.NoneType)


class Spec:
    """A deferred call ``target(**kwargs)`` whose argument names and types are checked at once.

    Arguments are numbers, strings, booleans, None, tuples of these, or other parts, which are built first. A part is a
    Spec, a class (``MyLoss`` is ``Spec(MyLoss)``), or an instance of a dataclass. Specs with equal target and arguments
    are equal. A Spec never changes; :meth:`replace` returns another.

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
            name: check(value, accepted[name].annotation, f"{target.__name__}.{name}")
            for name, value in kwargs.items()
        }
        object.__setattr__(self, "target", target)
        object.__setattr__(self, "kwargs", types.MappingProxyType(checked))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a Spec never changes; use replace()")

    def __call__(self, **runtime: Any) -> Any:
        """Build the inner Specs, then call the target with them and with the ``runtime`` arguments."""
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
        """Return the same Spec with some arguments set to other values."""
        return Spec(self.target, **{**self.kwargs, **kwargs})

    def to_dict(self) -> dict[str, Any]:
        """Return the Spec for JSON: ``{"target": "package:name", argument: value, ...}``."""
        return {"target": address_of(self.target), **{k: _to_json(v) for k, v in self.kwargs.items()}}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], trusted: Collection[str] = ()) -> Spec:
        """Read what :meth:`to_dict` wrote; targets must be ganbench's parts or in a module named in ``trusted``."""
        part = current_part(data)
        target = part_at(part.pop("target"), trusted)
        return cls(target, **{k: _from_json(v, trusted) for k, v in part.items()})

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
    """Return the value in the form its annotation asks for: a list becomes a tuple, ``1`` becomes ``1.0``.

    Args:
        value: The value.
        annotation: What the argument accepts; ``inspect.Parameter.empty`` accepts anything.
        where: The name of the argument, for messages.

    Raises:
        UserError: the value does not fit.
    """
    value = [as_part(v) for v in value] if isinstance(value, list | tuple) else as_part(value)
    plain = _json_annotation(annotation)
    several = isinstance(value, list | tuple) and any(isinstance(v, Spec) for v in value)
    if (several or isinstance(value, Spec)) and plain is not None and plain == annotation:
        raise UserError(f"{where} must be {_describe(annotation)}, not a part")
    if isinstance(value, Spec):
        return value
    if annotation is inspect.Parameter.empty or isinstance(annotation, str):
        return tuple(value) if isinstance(value, list) else value
    if isinstance(value, list | tuple) and (several or not value) and _takes_many(annotation):
        others = [v for v in value if not isinstance(v, Spec)]
        if not others:
            return tuple(value)
        raise UserError(f"{where} must be a part such as Spec(...), not {others[0]!r}")
    if plain is None:
        raise UserError(f"{where} must be a part such as Spec(...), not {value!r}")
    if plain is types.NoneType and annotation not in (None, plain) and value is not None:
        raise UserError(f"{where} must be a part such as Spec(...) or none, not {value!r}")
    return _coerce(value, plain, where)


def as_part(value: Any) -> Any:
    """Return a class, a function or an instance of a dataclass as a Spec; anything else unchanged."""
    if isinstance(value, type) or inspect.isfunction(value):
        return Spec(value)
    if dataclasses.is_dataclass(value) and may_be_part(type(value)):
        return Spec(
            type(value), **{f.name: getattr(value, f.name) for f in dataclasses.fields(value) if f.init}
        )
    return value


def _takes_many(annotation: Any) -> bool:
    origin = typing.get_origin(annotation) or annotation
    if origin in (typing.Union, types.UnionType):
        return any(map(_takes_many, typing.get_args(annotation)))
    return isinstance(origin, type) and issubclass(origin, Iterable) and not issubclass(origin, str | Mapping)


def _coerce(value: Any, annotation: Any, where: str) -> Any:
    from pydantic import ConfigDict, TypeAdapter, ValidationError

    error = UserError(f"{where} must be {_describe(annotation)}, not {value!r}")
    if _has_bool(value) and not _allows_bool(annotation):  # pydantic would read True as 1
        raise error
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(annotation, config=ConfigDict(allow_inf_nan=False))
        return adapter.validate_python(value)
    except ValidationError:
        raise error from None


def _has_bool(value: Any) -> bool:
    return any(map(_has_bool, value)) if isinstance(value, list | tuple) else isinstance(value, bool)


def _allows_bool(annotation: Any) -> bool:
    return annotation is bool or any(map(_allows_bool, typing.get_args(annotation)))


def _json_annotation(annotation: Any) -> Any:
    """Return the members of an annotation that JSON can hold, or None if there are none."""
    if annotation in _SCALARS or annotation is None:
        return annotation
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return annotation
    if origin in (typing.Union, types.UnionType):
        members = [p for p in map(_json_annotation, arguments) if p is not None]
        if not set(members) - {types.NoneType}:
            return types.NoneType if members else None
        return typing.Union[tuple(members)]  # noqa: UP007 (the members are known only at run time)
    if origin is tuple:
        inner = tuple(a if a is Ellipsis else _json_annotation(a) for a in arguments)
        return None if None in inner else tuple.__class_getitem__(inner)
    return None


def _describe(annotation: Any) -> str:
    names = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
    names |= {types.NoneType: "none"}
    if annotation in names:
        return names[annotation]
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return "one of " + ", ".join(map(str, arguments))
    if origin is tuple:
        if Ellipsis in arguments:
            return f"a list of {_describe(arguments[0])}"
        return "a list of (" + ", ".join(map(_describe, arguments)) + ")"
    if origin in (typing.Union, types.UnionType):
        return " or ".join(map(_describe, arguments))
    return str(annotation)


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
