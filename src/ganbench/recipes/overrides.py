"""Overrides: what a user may write for a value of a recipe, on the command line, in a file or in Python."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from ganbench.config.addresses import address_of, find_part, package_for
from ganbench.config.spec import Spec, as_spec, parameters
from ganbench.config.values import parse_value
from ganbench.errors import UserError


def parse_part(text: str, current: Any, annotation: Any, trusted: Collection[str]) -> Any:
    """Return the Spec that ``text`` names, if the key holds or may hold a part; otherwise return ``text``."""
    if current is None and (package := package_for(annotation)):
        return Spec.from_dict({"target": find_part(text, package, trusted)}, trusted)
    if not isinstance(current, Spec):
        return text
    if hasattr(current.target, "dataset_name"):
        from ganbench.data.registry import find_dataset

        target, arguments = find_dataset(text, trusted)
        return Spec(target, **{**_shared_arguments(current, target), **arguments})
    package = package_for(annotation) or address_of(current.target).partition(":")[0]
    return keep_arguments(Spec.from_dict({"target": find_part(text, package, trusted)}, trusted), current)


def keep_arguments(spec: Spec, current: Any) -> Spec:
    """Return ``spec`` with the arguments of the part that it replaces, if its class is derived from that part's."""
    new, old = spec.target, getattr(current, "target", None)
    if not (isinstance(new, type) and isinstance(old, type) and new is not old and issubclass(new, old)):
        return spec
    return spec.replace(**{**_shared_arguments(current, new), **spec.kwargs})


def _shared_arguments(current: Spec, target: Callable[..., Any]) -> dict[str, Any]:
    accepted = parameters(target)
    return {k: v for k, v in current.kwargs.items() if k in accepted}


def to_specs(value: Any, trusted: Collection[str]) -> Any:
    """Return ``value`` with classes and ``{"target": ...}`` mappings, alone or in a list, turned into Specs."""
    if isinstance(value, Mapping) and "target" in value:
        return Spec.from_dict(value, trusted)
    return [to_specs(v, trusted) for v in value] if isinstance(value, list) else as_spec(value)


def parents_first(keys: Collection[str]) -> list[str]:
    """Return dotted keys in their order, but a key before all keys below it: a new part would drop their values."""
    return sorted(keys, key=lambda key: key.count("."))


def parse_overrides(assignments: Collection[str]) -> dict[str, Any]:
    """Parse ``["optimizers.G.lr=1e-4", ...]`` into a mapping from dotted keys to values; see :func:`parse_value`.

    Raises:
        UserError: an assignment is not KEY=VALUE, its value cannot be read, or a key is given twice.
    """
    changes: dict[str, Any] = {}
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals or not key:
            raise UserError(f"'{assignment}' is not KEY=VALUE, as in schedule.steps=1000")
        if key in changes:
            raise UserError(f"{key} is given twice; leave one of the two out")
        changes[key] = parse_value(text, key)
    return changes
