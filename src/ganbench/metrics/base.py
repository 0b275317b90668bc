"""What a metric is, and what it returns: a score that says how it was measured."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, Union

from torch import Tensor

from ganbench.differences import differing

if TYPE_CHECKING:
    from ganbench.data.base import Dataset
    from ganbench.metrics.chunk import Chunk, Labelled

JSON: TypeAlias = Union[str, int, float, bool, Sequence["JSON"], Mapping[str, "JSON"], None]  # noqa: UP007
Better: TypeAlias = Literal["lower", "higher"]
Kind: TypeAlias = Literal["image", "points"]

#: Fields of a record that say which thing was scored, where and by what code, and not how: they may differ between
#: scores that are compared. (A warning follows from fields that may not.)
DOCUMENTS = ("generator", "items", "versions", "machine", "warning")


@dataclass(frozen=True)
class Gallery:
    """Pictures that show what a score means: uint8 ``[N, C, H, W]``, to be laid out in so many columns."""

    pictures: Tensor
    columns: int


@dataclass(frozen=True, kw_only=True)
class Score:
    """One number, the numbers that go with it, and how they were measured.

    ``details`` are further results. ``measured`` is the protocol: scores in which it differs are not comparable,
    but for the fields of ``DOCUMENTS`` (see :meth:`differences`). ``gallery`` is to be looked at
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
        return {"name": self.name, **{k: v for k, v in self.measured.items() if k not in DOCUMENTS}}

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


class Measurement(Protocol):
    """A metric at work: it is given the samples chunk by chunk and then tells the score."""

    def add(self, chunk: Chunk) -> None:
        """Take in one chunk of samples."""

    def score(self) -> Score:
        """Return the score of all samples so far. Raises UserError if they are too few."""


class Metric(Protocol):
    """A way to judge samples against a reference data set. Subclass it: then ``score`` comes for free."""

    @property
    @abstractmethod
    def name(self) -> str:
        """The score's name, with its features: in other features it is another score."""

    @property
    @abstractmethod
    def better(self) -> Better:
        """Which way is better."""

    @property
    @abstractmethod
    def kind(self) -> Kind:
        """What it judges: pictures or points."""

    @property
    @abstractmethod
    def minimum(self) -> int:
        """The fewest samples it accepts."""

    @property
    @abstractmethod
    def usual(self) -> int:
        """How many samples it is measured on when nobody says otherwise."""

    @abstractmethod
    def begin(self, reference: Dataset) -> Measurement:
        """Prepare the reference's side; return an empty measurement. Raises UserError if it cannot serve."""

    def score(self, samples: Iterable[Tensor | Labelled], reference: Dataset) -> Score:
        """Score samples given in chunks: uint8 ``[B, C, H, W]``, or float ``[B, D]`` in data coordinates.

        Raises UserError for too few samples, and for a reference of another kind or shape.
        """
        from ganbench.metrics.measure import measure

        return measure((self,), samples, reference)[0]
