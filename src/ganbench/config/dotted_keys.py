"""Read and replace the value at a dotted path of Specs, mappings, tuples and dataclasses."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from ganbench.config.addresses import address_of
from ganbench.config.renamed import current_argument
from ganbench.config.spec import Spec, check_value, field_types, parameters
from ganbench.errors import UserError, did_you_mean


def with_value(node: Any, path: tuple[str, ...], value: Any, where: str = "") -> Any:
    """Return a Spec, mapping, tuple or dataclass with the value at a dotted path replaced, checked like the rest.

    Raises:
        UserError: there is no such key (the message suggests the closest one), or the value does not fit.
    """
    key, rest = path[0], path[1:]
    if isinstance(node, Spec) and not rest:
        key, value = current_argument(address_of(node.target), key, value)
    children, annotations = _children(node)
    here = f"{where}.{key}" if where else key
    _require_key(key, annotations, where or "the recipe")
    if rest:
        child = children.get(key)
        if not isinstance(child, Spec | Mapping | tuple) and not dataclasses.is_dataclass(child):
            raise UserError(f"{here} is {child!r} and has no keys of its own")
        new = with_value(child, rest, value, here)
    else:
        new = check_value(value, annotations[key], here)
    if isinstance(node, Spec):
        return node.replace(**{key: new})
    if isinstance(node, Mapping):
        return {**node, key: new}
    if isinstance(node, tuple):
        return tuple(new if i == int(key) else v for i, v in enumerate(node))
    return dataclasses.replace(node, **{key: new})


def with_settings(node: Any, name: str, values: Mapping[str, Any]) -> Any:
    """Return a dataclass in which several fields of its dataclass ``name`` are replaced at once.

    Raises:
        UserError: there is no such field, or a value does not fit.
    """
    settings = getattr(node, name)
    annotations = _children(settings)[1]
    for key in values:
        _require_key(key, annotations, name)
    checked = {key: check_value(value, annotations[key], f"{name}.{key}") for key, value in values.items()}
    return dataclasses.replace(node, **{name: dataclasses.replace(settings, **checked)})


def value_at(node: Any, path: tuple[str, ...]) -> Any:
    """Return the value at a dotted path, or None if there is none."""
    for key in path:
        node = _children(node)[0].get(key)
        if node is None:
            return None
    return node


def annotation_at(node: Any, path: tuple[str, ...]) -> Any:
    """Return the annotation of the values that fit at a dotted path, or None if none do."""
    return _children(value_at(node, path[:-1]))[1].get(path[-1])


def paths(node: Any, prefix: str = "") -> list[str]:
    """Return the dotted paths of every value below a node, for listings and suggestions."""
    if not isinstance(node, Spec | Mapping | tuple) and not dataclasses.is_dataclass(node):
        return [prefix] if prefix else []
    children, annotations = _children(node)
    leaves = []
    for key in annotations:
        path = f"{prefix}.{key}" if prefix else key
        leaves += paths(children.get(key), path) or [path]
    return leaves


def _require_key(key: str, keys: Iterable[str], owner: str) -> None:
    if key not in keys:
        raise UserError(f"{owner} has no key '{key}'{did_you_mean(key, keys)}")


def _children(node: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the values below a node and the annotations of all keys that it accepts."""
    if isinstance(node, Spec):
        signature = parameters(node.target)
        defaults = {k: p.default for k, p in signature.items() if p.default is not inspect.Parameter.empty}
        return {**defaults, **node.kwargs}, {k: p.annotation for k, p in signature.items()}
    if isinstance(node, Mapping):
        return dict(node), {k: _annotation_of(v) for k, v in node.items()}
    if isinstance(node, tuple):
        elements = {str(i): v for i, v in enumerate(node)}
        return elements, {k: _annotation_of(v) for k, v in elements.items()}
    if dataclasses.is_dataclass(node):
        annotations = dict(field_types(type(node)))
        return {name: getattr(node, name) for name in annotations}, annotations
    return {}, {}


def _annotation_of(value: Any) -> Any:
    return Spec if isinstance(value, Spec) else inspect.Parameter.empty
