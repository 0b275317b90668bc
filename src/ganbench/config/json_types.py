"""Convert a value to the JSON types of an annotation: numbers, text, booleans, None, and tuples of them."""

from __future__ import annotations

import functools
import re
import types
import typing
from typing import TYPE_CHECKING, Any

from ganbench.config.values import LARGEST_EXACT, parse_value
from ganbench.errors import UserError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_SCALARS = (int, float, bool, str, types.NoneType)


def convert(value: Any, annotation: Any, name: str) -> Any:
    """Return the value as pydantic converts it to an annotation of JSON types. Raises UserError if it does not fit."""
    from pydantic import ValidationError

    error = UserError(f"{name} must be {describe(annotation)}, not {shorten(value)}")
    if _has(bool, value) and not _allows(bool, annotation):  # pydantic would read True as 1
        raise error
    if not _allows(str, annotation):
        value = _read_text(value, name)
    if _has_rounded(value) and not _allows(float, annotation):
        raise error
    try:
        kept = _adapter(annotation).validate_python(value)
    except ValidationError:
        raise error from None
    if _number_became_bool(value, kept):
        raise error
    if _is_rounded(value, kept):
        raise UserError(f"{name}: {shorten(value)} has more digits than a number can hold")
    return kept


@functools.lru_cache(maxsize=1024)
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    from pydantic import ConfigDict, TypeAdapter

    return TypeAdapter(annotation, config=ConfigDict(allow_inf_nan=False))


def json_types_of(annotation: Any) -> Any:
    """Return an annotation without the types that JSON cannot hold, or None if no type is left.

    ``float | Loss | None`` becomes ``float | None``, ``Loss | None`` becomes ``NoneType``, and ``Loss`` None.
    """
    if annotation in _SCALARS or annotation is None:
        return annotation
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return annotation
    if origin in (typing.Union, types.UnionType):
        members = [p for p in map(json_types_of, arguments) if p is not None]
        if not set(members) - {types.NoneType}:
            return types.NoneType if members else None
        return typing.Union[tuple(members)]  # noqa: UP007 (the members are known only at run time)
    if origin is tuple:
        inner = tuple(a if a is Ellipsis else json_types_of(a) for a in arguments)
        return None if None in inner else tuple.__class_getitem__(inner)
    return None


def describe(annotation: Any) -> str:
    """Return an annotation in words, for messages."""
    names = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
    names |= {types.NoneType: "none"}
    if annotation in names:
        return names[annotation]
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return "one of " + ", ".join(map(str, arguments))
    if origin is tuple:
        if Ellipsis in arguments:
            return f"a list of {describe(arguments[0])}"
        return "a list of (" + ", ".join(map(describe, arguments)) + ")"
    if origin in (typing.Union, types.UnionType):
        return " or ".join(map(describe, arguments))
    return str(annotation)


def shorten(value: Any) -> str:
    """Return a value for a message, at most 200 characters long."""
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:197]}..."


def _has(kind: type, value: Any) -> bool:
    """Whether a value, or one in its list, is of a type."""
    return any(_has(kind, v) for v in value) if isinstance(value, list | tuple) else isinstance(value, kind)


def _allows(kind: type, annotation: Any) -> bool:
    """Whether an annotation of JSON types accepts a value of a type, alone or in a list."""
    if typing.get_origin(annotation) is typing.Literal:
        return any(isinstance(choice, kind) for choice in typing.get_args(annotation))
    return annotation is kind or any(_allows(kind, a) for a in typing.get_args(annotation))


def _read_text(value: Any, name: str) -> Any:
    """Return a value in which numbers given as text, such as "1e-4" or "1_000", are numbers."""
    if isinstance(value, list | tuple):
        return [_read_text(v, name) for v in value]
    if not isinstance(value, str):
        return value
    number = parse_value(re.sub(r"(?<=[0-9])_(?=[0-9])", "", value), name)
    return number if type(number) in (int, float) else value  # but no bool


def _number_became_bool(value: Any, kept: Any) -> bool:
    """Whether pydantic has read a number, or one in a list, as true or false."""
    if isinstance(value, list | tuple):
        return any(map(_number_became_bool, value, kept))
    return isinstance(kept, bool) and isinstance(value, int | float) and not isinstance(value, bool)


def _is_rounded(value: Any, kept: Any) -> bool:
    """Whether a number, or one in a list, has become another: a float cannot hold every large whole number."""
    if isinstance(value, list | tuple):
        return any(map(_is_rounded, value, kept))
    return isinstance(value, int | float) and bool(value != kept)


def _has_rounded(value: Any) -> bool:
    """Whether a value, or one in its list, is a float so large that it may stand for another whole number."""
    if isinstance(value, list | tuple):
        return any(map(_has_rounded, value))
    return isinstance(value, float) and abs(value) >= LARGEST_EXACT
