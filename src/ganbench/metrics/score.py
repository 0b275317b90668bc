"""Scores: a number, its details, and the record of how it was measured."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, Union

from torch import Tensor

from ganbench.utils.dict_diff import find_differences

JSON: TypeAlias = Union[str, int, float, bool, Sequence["JSON"], Mapping[str, "JSON"], None]  # noqa: UP007
Better: TypeAlias = Literal["lower", "higher"]
Kind: TypeAlias = Literal["image", "points"]

#: Fields of a record that say what was scored, where and by which code, but not how. They may differ between scores
#: that are compared. (A warning is derived from fields that may not.)
PROVENANCE_FIELDS = ("generator", "items", "versions", "machine", "warning")


@dataclass(frozen=True)
class Gallery:
    """Images that illustrate a score: uint8 ``[N, C, H, W]``, for a grid with that many columns."""

    images: Tensor
    columns: int


@dataclass(frozen=True, kw_only=True)
class Score:
    """A metric's value, its details, and the record of how it was measured.

    Attributes:
        name: The metric's name, with its feature extractor.
        value: The score itself.
        better: Whether lower or higher is better.
        details: Further results.
        measured: The protocol. Scores are comparable only if it is equal, except for ``PROVENANCE_FIELDS``
            (see :meth:`differences`).
        gallery: Images to look at, which are not part of the record.

    Raises:
        ValueError: ``value`` is not finite, or ``better`` is another word.

    Example:
        >>> from ganbench.metrics.score import Score
        >>> a = Score(name="fd", value=20.0, better="lower", measured={"samples": 10_000})
        >>> b = Score(name="fd", value=25.0, better="lower", measured={"samples": 5_000})
        >>> a.differences(b)
        ('samples',)
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
        """Return the dotted names of the settings that differ between two scores; empty if they are comparable."""
        return tuple(find_differences(self._protocol(), other._protocol()))

    def _protocol(self) -> dict[str, JSON]:
        return {"name": self.name, **{k: v for k, v in self.measured.items() if k not in PROVENANCE_FIELDS}}

    def to_dict(self) -> dict[str, Any]:
        """Return the score as a JSON-compatible dict, without the gallery."""
        return {
            "name": self.name,
            "value": self.value,
            "better": self.better,
            "details": dict(self.details),
            "measured": dict(self.measured),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Score:
        """Create a score from what :meth:`to_dict` returned."""
        return cls(**data)
