"""Old names that users' files and run folders may hold, and what each is called now."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

#: Parts: the address in a recipe, old -> new.
TARGETS: Mapping[str, str] = MappingProxyType(
    {
        "ganbench.algorithms:Veegan": "ganbench.algorithms:VEEGAN",
        "ganbench.latents:FromItems": "ganbench.latents:EmptyLatent",
        "ganbench.latents:Structured": "ganbench.latents:NoiseAndCodes",
        "ganbench.latents:WithRepresentation": "ganbench.latents:NoiseAndRepresentation",
    }
)


def _patch_size(folded: Any) -> Any:
    return (
        1 + int(folded) if folded in (False, True) else folded
    )  # anything else fails the check of patch_size


#: Arguments of parts: (current address, old argument) -> (current argument, function from the old value to the new).
ARGUMENTS: Mapping[tuple[str, str], tuple[str, Callable[[Any], Any]]] = MappingProxyType(
    {
        ("ganbench.networks:SNDCGANGenerator", "folded"): ("patch_size", _patch_size),
        ("ganbench.networks:SNDCGANDiscriminator", "folded"): ("patch_size", _patch_size),
    }
)

#: Evaluation protocols, old -> new.
PROTOCOLS: Mapping[str, str] = MappingProxyType({"reference-a": "gans-implementations"})


def current_name(name: str, table: Mapping[str, str]) -> str:
    """Return the current name, with a warning if the given name is old."""
    if name not in table:
        return name
    _warn(f"'{name}'", f"'{table[name]}'")
    return table[name]


def current_argument(address: str, argument: str, value: Any) -> tuple[str, Any]:
    """Return the current name and value of an argument, with a warning if the given name is old."""
    if (address, argument) not in ARGUMENTS:
        return argument, value
    new, convert = ARGUMENTS[address, argument]
    _warn(f"the argument '{argument}' of {address}", f"'{new}'")
    return new, convert(value)


def current_part(part: Mapping[str, Any]) -> dict[str, Any]:
    """Return a part as recipes store it, ``{"target": "package:name", argument: value}``, by the names of today."""
    address = current_name(str(part.get("target", "")), TARGETS)
    arguments = (current_argument(address, k, v) for k, v in part.items() if k != "target")
    return {"target": address, **dict(arguments)}


def with_current_names(value: Any) -> Any:
    """Return a stored recipe, or any value in one, with the current names of all its parts and arguments."""
    if isinstance(value, Mapping):
        current = {k: with_current_names(v) for k, v in value.items()}
        return current_part(current) if "target" in current else current
    return [with_current_names(v) for v in value] if isinstance(value, list) else value


def _warn(old: str, new: str) -> None:
    warnings.warn(f"{old} is called {new} now; the old name works until the next release", stacklevel=4)
