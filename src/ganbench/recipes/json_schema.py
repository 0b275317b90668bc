"""The JSON Schema of recipe files, with which editors complete and check them."""

from __future__ import annotations

import importlib
import inspect
import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ganbench.config.addresses import PART_PACKAGES, address_of, is_part, package_for
from ganbench.config.json_types import json_types_of
from ganbench.config.spec import parameters
from ganbench.data.registry import datasets
from ganbench.recipes.base import ALL_BUDGETS
from ganbench.recipes.registry import recipe_functions
from ganbench.recipes.start import Start
from ganbench.training.settings import Machine, Schedule

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_ARGUMENT = re.compile(r"^ {4,8}(\w+(?:, \w+)*): (.*(?:\n {8,12}\S.*)*)", re.MULTILINE)


def recipe_schema() -> dict[str, Any]:
    """Return the schema of a recipe file, YAML or JSON: a whole recipe, or ``extends: NAME`` with the keys that differ.

    A part is a name, or a mapping with ``target`` and the target's arguments. The parts are ganbench's and torch's;
    those of other modules are accepted with any arguments.
    """
    part = {package: {"$ref": f"#/$defs/{package}"} for package in PART_PACKAGES}
    by_name = {"type": "object", "propertyNames": {"type": "string"}}
    text = {"type": "string"}
    properties = {
        "extends": {
            **text,
            "description": "A recipe's name, or a file beside this one. The keys below replace its values.",
            "examples": sorted(recipe_functions()),
        },
        "format": {"const": 1, "description": "The version of whole recipes, which `ganbench show` prints."},
        "name": {**text, "description": "The recipe's name, which run folders get."},
        "summary": {**text, "description": "What the recipe is, in one line."},
        "budget": {**text, "description": "The size of the recipe.", "examples": list(ALL_BUDGETS)},
        "papers": {"type": "array", "description": "What to cite.", "items": {"type": "object"}},
        "data": part["ganbench.data"],
        "latent": part["ganbench.latents"],
        "networks": {**by_name, "additionalProperties": part["ganbench.networks"]},
        "algorithm": part["ganbench.algorithms"],
        "optimizers": {**by_name, "additionalProperties": part["torch.optim"]},
        "schedule": _settings(Schedule, learning_rate=part["ganbench.training.schedule"]),
        "machine": _settings(Machine),
        "start": _settings(Start),
    }
    return {
        "$schema": _DRAFT,
        "title": "A recipe of ganbench",
        "type": "object",
        "properties": properties,
        "patternProperties": {r"^(data|latent|networks|algorithm|optimizers|schedule|machine)\.": {}},
        "additionalProperties": False,
        "anyOf": [
            {"required": ["extends"]},
            {"required": ["format", "name", "data", "networks", "algorithm"]},
        ],
        "$defs": {package: _part(package, title) for package, title in PART_PACKAGES.items()},
    }


def _part(package: str, title: str) -> dict[str, Any]:
    """Return the schema of a part of a package: its name, or a mapping with the arguments of its target."""
    targets = dict(_targets(package))
    addresses = sorted({address_of(target) for target in targets.values()})
    arguments = [
        {
            "if": {"properties": {"target": {"const": address_of(target)}}, "required": ["target"]},
            "then": {
                "description": _first_sentence(target),
                "properties": {"target": {}, **_arguments(target)},
                "additionalProperties": False,
            },
        }
        for target in {address_of(target): target for target in targets.values()}.values()
    ]
    mapping = {
        "type": "object",
        "properties": {"target": {"type": "string", "examples": addresses}},
        "allOf": arguments,
    }
    return {
        "description": f"{title[:1].upper()}{title[1:]}.",
        "anyOf": [{"type": "string", "examples": sorted(targets)}, {"type": "null"}, mapping],
    }


def _targets(package: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the parts of a package by the name that a user may write."""
    if package == "ganbench.data":
        yield from datasets().items()
        return
    module = importlib.import_module(package)
    for name in getattr(module, "__all__", dir(module)):
        value = getattr(module, name, None)
        if inspect.isclass(value) and is_part(value) and not getattr(value, "_is_protocol", False):
            yield name, value


def _arguments(target: Callable[..., Any]) -> dict[str, Any]:
    """Return the schemas of a part's arguments by name."""
    notes = _notes(target)
    return {
        name: _value(parameter.annotation, parameter.default, notes.get(name))
        for name, parameter in parameters(target).items()
    }


def _settings(cls: type, **parts: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a dataclass of settings, of which some are parts."""
    return {
        "type": "object",
        "description": _first_sentence(cls),
        "properties": {**_arguments(cls), **parts},
        "additionalProperties": False,
    }


def _value(annotation: Any, default: Any, note: str | None) -> dict[str, Any]:
    """Return the schema of one value: JSON types, parts, or anything where the annotation does not say."""
    schema: dict[str, Any] = {}
    parts = list(_part_references(annotation))
    choices = [c for c in (_json_schema(annotation), *parts) if c is not None]
    if choices and (parts or json_types_of(annotation) == annotation):
        schema = choices[0] if len(choices) == 1 else {"anyOf": choices}
    if note:
        schema = {**schema, "description": note}
    if isinstance(default, bool | int | float | str):
        schema = {**schema, "default": default}
    return schema


def _json_schema(annotation: Any) -> dict[str, Any] | None:
    """Return the schema of those values of an annotation that JSON can hold; None if there are none."""
    from pydantic import TypeAdapter

    if annotation is inspect.Parameter.empty or isinstance(annotation, str):
        return None
    types_ = json_types_of(annotation)
    if types_ is None:
        return None
    if types_ is types.NoneType:
        return {"type": "null"}
    adapter: TypeAdapter[Any] = TypeAdapter(types_)
    return adapter.json_schema()


def _part_references(annotation: Any) -> Iterator[dict[str, Any]]:
    """Yield references to the parts that an annotation accepts, alone or in a list."""
    if package := package_for(annotation):
        yield {"$ref": f"#/$defs/{package}"}
        return
    origin = typing.get_origin(annotation)
    members = typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        for member in members:
            yield from _part_references(member)
    elif members and isinstance(origin, type) and not issubclass(origin, Mapping | Callable):
        for reference in _part_references(members[0]):
            yield {"type": "array", "items": reference}


def _first_sentence(target: Callable[..., Any]) -> str:
    return (inspect.getdoc(target) or target.__name__).split("\n\n")[0].replace("\n", " ")


def _notes(target: Callable[..., Any]) -> dict[str, str]:
    """Return what a docstring says of each argument or attribute."""
    text = inspect.getdoc(target) or ""
    section = re.search(r"^(?:Args|Attributes):\n((?:(?: {4}.*)?\n?)*)", text, re.MULTILINE)
    if section is None:
        return {}
    return {
        name: " ".join(note.split())
        for names, note in _ARGUMENT.findall(section[1])
        for name in names.split(", ")
    }
