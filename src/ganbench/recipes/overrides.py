"""Overrides: what a user may write for a value of a recipe, on the command line, in a file or in Python."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import yaml

from ganbench.config.addresses import address_of, find_part, package_for
from ganbench.config.spec import Spec, as_spec, parameters
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


def parse_overrides(assignments: Collection[str]) -> dict[str, Any]:
    """Parse ``["optimizers.G.lr=1e-4", ...]`` into a mapping from dotted keys to values. Values are YAML.

    Raises:
        UserError: an assignment is not KEY=VALUE.
    """
    changes = {}
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals or not key:
            raise UserError(f"'{assignment}' is not KEY=VALUE, as in schedule.steps=1000")
        changes[key] = _parse_value(text)
    return changes


def _parse_value(text: str) -> Any:
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
