"""What the networks of a run start from: the weights of a trained model, of which some layers may stay as they are."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ganbench.config.spec import Spec, check_value, parameters
from ganbench.errors import UserError


@dataclass(frozen=True, kw_only=True)
class Start:
    """A warm start: weights by network, and how many of its lowest layers are frozen.

    Attributes:
        weights: A run's folder, ``zoo:NAME``, ``hub:OWNER/NAME`` or a file of tensors, by the name of a network. The
            network takes the layers that fit; its other layers start at random.
        frozen: The number of layers that are not trained, counted from the input, by the name of a network.

    Raises:
        UserError: a value is of another type, or a number of layers is below 1.
    """

    weights: Mapping[str, str] = field(default_factory=dict)
    frozen: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for key, kind in (("weights", str), ("frozen", int)):
            values = getattr(self, key)
            if not isinstance(values, Mapping):
                raise UserError(f"start.{key} must be a mapping from networks to values, not {values!r}")
            checked = {
                name: check_value(value, kind, f"networks.{name}.{key}") for name, value in values.items()
            }
            object.__setattr__(self, key, types.MappingProxyType(checked))
        for name, count in self.frozen.items():
            if count < 1:
                raise UserError(f"networks.{name}.frozen must be at least 1 layer, not {count}")

    def __bool__(self) -> bool:
        """Whether anything starts from weights or is frozen."""
        return bool(self.weights or self.frozen)

    def replace(self, name: str, key: str, value: Any) -> Start:
        """Return a copy with ``weights`` or ``frozen`` of a network replaced; None removes it."""
        values = {**getattr(self, key), name: value}
        kept = {network: entry for network, entry in values.items() if entry is not None}
        return Start(**{"weights": self.weights, "frozen": self.frozen, key: kept})

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Return what is set, as a JSON-compatible dictionary."""
        both: dict[str, dict[str, Any]] = {"weights": dict(self.weights), "frozen": dict(self.frozen)}
        return {key: values for key, values in both.items() if values}


def is_start_key(keys: tuple[str, ...], networks: Mapping[str, Spec]) -> bool:
    """Whether a dotted key is ``networks.NAME.weights`` or ``.frozen`` of a network without such an argument."""
    if len(keys) != 3 or keys[0] != "networks" or keys[2] not in ("weights", "frozen"):
        return False
    spec = networks.get(keys[1])
    return spec is not None and keys[2] not in parameters(spec.target)
