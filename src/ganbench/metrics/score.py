"""TODO."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, Union

from torch import Tensor

from ganbench.utils.dict_diff import differing

if TYPE_CHECKING:
    pass


JSON: TypeAlias = Union[str, int, float, bool, Sequence["JSON"], Mapping[str, "JSON"], None]  # noqa: UP007


Better: TypeAlias = Literal["lower", "higher"]


Kind: TypeAlias = Literal["image", "points"]

#: Fields of a record that say which thing was scored, where and by what code, and not how: they may differ between
#: scores that are compared. (A warning follows from fields that may not.)
PROVENANCE_FIELDS = ("generator", "items", "versions", "machine", "warning")


@dataclass(frozen=True)
class Gallery:
    """Pictures that show what a score means: uint8 ``[N, C, H, W]``, to be laid out in so many columns."""

    pictures: Tensor
    columns: int


@dataclass(frozen=True, kw_only=True)
class Score:
    """One number, the numbers that go with it, and how they were measured.

    ``details`` are further results. ``measured`` is the protocol: scores in which it differs are not comparable,
    but for the fields of ``PROVENANCE_FIELDS`` (see :meth:`differences`). ``gallery`` is to be looked at
    and is no part of the record.
    Raises ValueError for a value that is not finite.
    """

    name: str
    value: float
    better: Better
    details: Mapping[str, JSON] = field(default_factory=dict)
    measured: Mapping[str, JSON] = field(default_factory=dict)
    gallery: Gallery | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.better not in ("lower", "higher"):
            raise ValueError(f"better must be 'lower' or 'higher', not {self.better!r}")
        if not math.isfinite(self.value):
            raise ValueError(f"score {self.name!r} is {self.value}, not a finite number")

    def differences(self, other: Score) -> tuple[str, ...]:
        """Return the dotted names of what differs in the way the two were measured; empty if they may be compared."""
        return tuple(differing(self._how(), other._how()))

    def _how(self) -> dict[str, JSON]:
        return {"name": self.name, **{k: v for k, v in self.measured.items() if k not in PROVENANCE_FIELDS}}

    def to_dict(self) -> dict[str, Any]:
        """Return the score as JSON can hold it."""
        return {
            "name": self.name,
            "value": self.value,
            "better": self.better,
            "details": dict(self.details),
            "measured": dict(self.measured),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Score:
        """Read what :meth:`to_dict` wrote."""
        return cls(**data)
