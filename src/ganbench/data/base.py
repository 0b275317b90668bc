"""What a data set is: its description, its batches, and the protocol that every set fulfils."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

import torch
from torch import Tensor

from ganbench.utils.random_stream import RandomStream


@dataclass(frozen=True, kw_only=True)
class DataInfo:
    """What a run must know of its data set to build networks, sample and score, with no data at hand.

    ``kind`` is ``"image"`` (shape ``[C, H, W]``) or ``"points"`` (shape ``[D]``). Networks see numbers in about
    [-1, 1]; for points, -1 and 1 stand for ``low`` and ``high`` in the data's own coordinates.
    """

    name: str
    kind: Literal["image", "points"]
    shape: tuple[int, ...]
    size: int
    fingerprint: str
    split: str = "train"
    classes: tuple[str, ...] = ()
    low: float = -1.0
    high: float = 1.0

    def to_data(self, x: Tensor) -> Tensor:
        """Turn what networks make, ``[N, *shape]``, into the data's own units: uint8 pictures or coordinates."""
        if self.kind == "image":
            return ((x.float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
        return (x.float() + 1) / 2 * (self.high - self.low) + self.low

    def from_data(self, x: Tensor) -> Tensor:
        """Turn the data's own units into what networks see, float32 ``[N, *shape]``."""
        if self.kind == "image":
            return x.float() / 127.5 - 1
        return (x.float() - self.low) / (self.high - self.low) * 2 - 1

    def to_dict(self) -> dict[str, Any]:
        """Return the description as JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> DataInfo:
        """Read what :meth:`to_dict` wrote. Raises KeyError, TypeError or ValueError for anything else."""
        for name, kind in (("name", str), ("fingerprint", str), ("split", str), ("size", int)):
            if not isinstance(data[name], kind):
                raise TypeError(f"{name} must be {kind.__name__}, not {data[name]!r}")
        for name in ("low", "high"):
            float(data[name])
        if data["kind"] not in ("image", "points") or not all(isinstance(n, int) for n in data["shape"]):
            raise ValueError("kind or shape is damaged")
        return cls(**{**data, "shape": tuple(data["shape"]), "classes": tuple(data["classes"])})


@dataclass(frozen=True)
class Batch:
    """Samples ``x`` (float32, ``[N, *shape]``) and, where the set has classes, their labels ``y`` (int64, ``[N]``).

    ``given`` are as many other samples, where the data have two kinds, one of which is to be made of the other.
    """

    x: Tensor
    y: Tensor | None = None
    given: Tensor | None = None

    def __len__(self) -> int:
        return len(self.x)

    def map(self, function: Callable[[Tensor], Tensor]) -> Batch:
        """Return the batch with the function applied to each tensor (moving it to a device, say)."""
        y = None if self.y is None else function(self.y)
        return Batch(function(self.x), y, None if self.given is None else function(self.given))


class Dataset(Protocol):
    """Numbered items that can be had as batches, as the networks see them, or as they are."""

    @property
    def info(self) -> DataInfo:
        """What a run stores of this set."""

    def batch(self, index: Tensor, draws: RandomStream) -> Batch:
        """Return the items of ``index`` (int64 ``[N]``), normalised and augmented by numbers from ``draws``."""

    def items(self, index: Tensor) -> Tensor:
        """Return the items as they are: uint8 ``[N, C, H, W]``, or float32 ``[N, D]`` in own coordinates."""

    def labels(self, index: Tensor) -> Tensor | None:
        """Return the class numbers, int64 ``[N]``, or None for a set without classes."""
