"""Points of Gaussian mixtures: a ring of 8, a grid of 25, and two bells on a line."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ganbench.data.base import Batch, DataInfo
from ganbench.data.io.fingerprint import fingerprint
from ganbench.data.registry import dataset
from ganbench.data.split import Split, check_split
from ganbench.errors import UserError
from ganbench.utils.random_stream import RandomStream


class Points:
    """A mixture of round Gaussians, drawn once and kept: ``points`` for each mode, in the order of the modes.

    Attributes:
        modes: the centres, float32 ``[K, D]``, in the data's own coordinates.
        stds: the standard deviation of each mode, float32 ``[K]``, in the data's own coordinates.
        std: the largest of them.

    With ``fresh``, each batch has new points drawn for it, and the index only decides the mode; ``items``
    still returns the kept ones.
    """

    def __init__(
        self,
        name: str,
        modes: Tensor,
        stds: Tensor,
        *,
        points: int,
        reach: float,
        seed: int,
        split: Split,
        fresh: bool = False,
    ) -> None:
        check_split(split)
        if points < 1:
            raise UserError(f"{name}: points must be at least 1, not {points}")
        if not bool((stds > 0).all()):
            raise UserError(f"{name}: std must be above 0")
        self.modes = modes
        self.stds = stds
        self.std = float(stds.max())
        self.fresh = fresh
        self._labels = torch.arange(len(modes)).repeat_interleave(points)
        self.points = self._drawn(self._labels, RandomStream(name, seed, split))
        classes = tuple(f"mode {k}" for k in range(len(modes)))
        self._info = DataInfo(
            name=name,
            kind="points",
            shape=(modes.shape[1],),
            size=len(self.points),
            fingerprint=fingerprint(self.points, self._labels, classes),
            split=split,
            classes=classes,
            low=-reach,
            high=reach,
        )

    @property
    def info(self) -> DataInfo:
        """What a run stores of this set."""
        return self._info

    def __len__(self) -> int:
        return len(self.points)

    def _drawn(self, mode: Tensor, draws: RandomStream) -> Tensor:
        noise = draws.normal(len(mode), self.modes.shape[1])
        return self.modes[mode] + self.stds[mode, None] * noise

    def batch(self, index: Tensor, draws: RandomStream) -> Batch:
        """Return the points of ``index`` (int64 ``[N]``) as networks see them, float32 ``[N, D]``."""
        mode = self._labels[index]
        own = self._drawn(mode, draws) if self.fresh else self.points[index]
        return Batch(self._info.from_data(own), mode)

    def items(self, index: Tensor) -> Tensor:
        """Return the kept points in their own coordinates, float32 ``[N, D]``."""
        return self.points[index]

    def labels(self, index: Tensor) -> Tensor:
        """Return the number of each point's mode, int64 ``[N]``."""
        return self._labels[index]


@dataset("ring8")
def ring8(
    points: int = 400,
    radius: float = 10.0,
    std: float = 0.5,
    seed: int = 0,
    split: Split = "train",
    fresh: bool = False,
) -> Points:
    """8 Gaussians on a circle in the plane, ``points`` each; 1.5 radii stand for 1."""
    if radius <= 0:
        raise UserError(f"ring8: radius must be above 0, not {radius}")
    angle = torch.arange(8) * (math.pi / 4)
    modes = radius * torch.stack((angle.cos(), angle.sin()), 1)
    stds = torch.full((8,), std)
    return Points(
        "ring8", modes, stds, points=points, reach=1.5 * radius, seed=seed, split=split, fresh=fresh
    )


@dataset("grid25")
def grid25(
    points: int = 400, std: float = 0.5, seed: int = 0, split: Split = "train", fresh: bool = False
) -> Points:
    """25 Gaussians on a 5x5 grid from -10 to 10 in the plane, ``points`` each; 15 stands for 1."""
    line = torch.arange(-10.0, 11.0, 5.0)
    modes = torch.cartesian_prod(line, line)
    stds = torch.full((25,), std)
    return Points("grid25", modes, stds, points=points, reach=15.0, seed=seed, split=split, fresh=fresh)


@dataset("mixture1d")
def mixture1d(points: int = 10_000, seed: int = 0, split: Split = "train") -> Points:
    """Numbers, half of them from N(-1, 0.25^2) and half from N(0.5, 0.5^2); 3 stands for 1."""
    # A fixed range: one taken from the draw would make the score depend on the most extreme point.
    modes, stds = torch.tensor([[-1.0], [0.5]]), torch.tensor([0.25, 0.5])
    return Points("mixture1d", modes, stds, points=points, reach=3.0, seed=seed, split=split)
