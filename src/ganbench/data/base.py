"""The interface of a data set: its description, its batches, and the methods it implements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol, cast

import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.utils.random_stream import RandomStream


@dataclass(frozen=True, kw_only=True)
class DataInfo:
    """The description of a data set that a run stores, to build networks, sample and score without the data.

    ``kind`` is ``"image"`` (shape ``[C, H, W]``) or ``"points"`` (shape ``[D]``). Networks see values in about
    [-1, 1]. For points, -1 and 1 correspond to ``low`` and ``high`` in the data's own coordinates.
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
        """Convert network outputs ``[N, *shape]`` to the data's own units: uint8 pixels or float32 coordinates."""
        if self.kind == "image":
            return ((x.float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
        return (x.float() + 1) / 2 * (self.high - self.low) + self.low

    def from_data(self, x: Tensor) -> Tensor:
        """Convert items in the data's own units to network inputs, float32 ``[N, *shape]``."""
        if self.kind == "image":
            return x.float() / 127.5 - 1
        return (x.float() - self.low) / (self.high - self.low) * 2 - 1

    def to_dict(self) -> dict[str, Any]:
        """Return the description as a JSON-compatible dict."""
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
    """A batch of samples.

    Attributes:
        x: the samples, float32 ``[N, *shape]``.
        y: their labels, int64 ``[N]``; None without classes.
        source: for translation between two domains, N samples of the source domain.
        paired: whether sample i of ``source`` is the counterpart of sample i of ``x``.
    """

    x: Tensor
    y: Tensor | None = None
    source: Tensor | None = None
    paired: bool = False

    def __len__(self) -> int:
        return len(self.x)

    def map(self, fn: Callable[[Tensor], Tensor]) -> Batch:
        """Return the batch with the function applied to each tensor, for example to move it to a device."""
        y = None if self.y is None else fn(self.y)
        return Batch(fn(self.x), y, None if self.source is None else fn(self.source), self.paired)


class Dataset(Protocol):
    """Numbered items, available as batches for the networks or unchanged."""

    @property
    def info(self) -> DataInfo:
        """The description that a run stores."""

    def batch(self, index: Tensor, random: RandomStream) -> Batch:
        """Return the items of ``index`` (int64 ``[N]``), normalised, and augmented with numbers from ``random``."""

    def items(self, index: Tensor) -> Tensor:
        """Return the items unchanged: uint8 ``[N, C, H, W]``, or float32 ``[N, D]`` in the data's own coordinates."""

    def labels(self, index: Tensor) -> Tensor | None:
        """Return the class numbers, int64 ``[N]``, or None for a set without classes."""


def require_dataset(value: object, what: str) -> Dataset:
    """Return ``value`` if it is a data set. Raises UserError, naming ``what`` returned it, if not."""
    missing = [name for name in ("info", "batch", "items", "labels") if not hasattr(value, name)]
    if missing:
        raise UserError(
            f"{what} must return a data set, and a {type(value).__name__} has no {', '.join(missing)}; wrap images "
            "uint8 [N, C, H, W] in ganbench.data.images.ImageDataset"
        )
    return cast(Dataset, value)
