"""The protocols by name, found by scanning this package."""

from __future__ import annotations

import importlib
import pkgutil

from ganbench.config.renamed import PROTOCOLS, current_name
from ganbench.errors import UserError, did_you_mean
from ganbench.metrics.protocols.base import EvaluationProtocol


def protocols() -> dict[str, EvaluationProtocol]:
    """Return every protocol by its name, sorted. Raises ValueError if two have one name."""
    package = importlib.import_module("ganbench.metrics.protocols")
    modules = [
        importlib.import_module(m.name)
        for m in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
    ]
    found: dict[str, EvaluationProtocol] = {}
    for value in (
        v for module in modules for v in vars(module).values() if isinstance(v, EvaluationProtocol)
    ):
        if found.setdefault(value.name, value) is not value:
            raise ValueError(f"two protocols are called '{value.name}'")
    return dict(sorted(found.items()))


def protocol_named(name: str) -> EvaluationProtocol:
    """Return the protocol of that name. Raises UserError if there is none."""
    name, known = current_name(name, PROTOCOLS), protocols()
    if name not in known:
        raise UserError(f"there is no protocol '{name}'{did_you_mean(name, known)}")
    return known[name]
