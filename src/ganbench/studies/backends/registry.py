"""Backends by name, with options as text."""

from __future__ import annotations

import dataclasses
import importlib
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ganbench.errors import UserError, did_you_mean
from ganbench.studies.backends.base import Backend

#: The module of this package and the class of each backend; the module is imported on first use.
BACKENDS: Mapping[str, str] = MappingProxyType(
    {"local": "local:LocalBackend", "slurm": "slurm:SlurmBackend", "ray": "ray:RayBackend"}
)
#: How the text of an option is read, by the annotation of its field.
_TYPES: Mapping[Any, type] = MappingProxyType({"int": int, "float": float, "str": str})


def find_backend(name: str, options: Mapping[str, Any] | None = None) -> Backend:
    """Return a backend with options such as ``{"time": "1:00:00", "cpus": "4"}``.

    Raises:
        UserError: the name or an option is unknown, a value does not fit, or what the backend needs is missing.
    """
    if name not in BACKENDS:
        raise UserError(f"unknown backend '{name}'{did_you_mean(name, BACKENDS)}")
    module, _, attribute = BACKENDS[name].partition(":")
    kind = getattr(importlib.import_module(f"{__package__}.{module}"), attribute)
    types = {f.name: _TYPES[f.type] for f in dataclasses.fields(kind) if f.init}
    values = {}
    for key, value in (options or {}).items():
        if key not in types:
            raise UserError(f"the backend {name} has no option '{key}'{did_you_mean(key, types)}")
        try:
            values[key] = types[key](value)
        except ValueError as error:
            raise UserError(f"{key}={value}: the backend {name} needs a number here") from error
        least = 1 if key == "cpus" else 0
        if types[key] is not str and not least <= values[key] < math.inf:
            raise UserError(f"{key}={value}: the backend {name} needs a number from {least} on")
    backend: Backend = kind(**values)
    return backend
