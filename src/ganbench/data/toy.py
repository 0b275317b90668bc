"""Points of Gaussian mixtures: 8 on a ring, 25 on a grid, each with wide and with narrow modes, and 2 on a line.

The narrow ones are those of VEEGAN (2017, arXiv 1705.07761) and PacGAN (2018, arXiv 1712.04086): relative to the
distance of the modes, a standard deviation is a fifth (ring) and a quarter (grid) of the wide ones.
"""

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


class GaussianMixture:
    """Points sampled once from a mixture of isotropic Gaussians, in the order of the modes.

    Args:
        name: the name of the set; also seeds the points.
        modes: the centres, float32 ``[K, D]``, in the data's own coordinates.
        stds: the standard deviation of each mode, float32 ``[K]``.
        points: the number of points per mode.
        limit: the coordinate that corresponds to 1 for the networks.
        seed: the seed of the points.
        split: the split; also seeds the points.
        fresh: whether each batch samples new points, for which the index only selects the modes. ``items`` returns
            the stored points in any case.

    Attributes:
        modes, stds: as above.
        std: the largest standard deviation.
        points: the stored points, float32 ``[N, D]``.
    """

    def __init__(
        self,
        name: str,
        modes: Tensor,
        stds: Tensor,
        *,
        points: int,
        limit: float,
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
        self.points = self._sample(self._labels, RandomStream(name, seed, split))
        classes = tuple(f"mode {k}" for k in range(len(modes)))
        self.info = DataInfo(
            name=name,
            kind="points",
            shape=(modes.shape[1],),
            size=len(self.points),
            fingerprint=fingerprint(self.points, self._labels, classes),
            split=split,
            classes=classes,
            low=-limit,
            high=limit,
        )

    def __len__(self) -> int:
        return len(self.points)

    def _sample(self, mode: Tensor, random: RandomStream) -> Tensor:
        noise = random.normal(len(mode), self.modes.shape[1])
        return self.modes[mode] + self.stds[mode, None] * noise

    def batch(self, index: Tensor, random: RandomStream) -> Batch:
        """Return the points of ``index`` (int64 ``[N]``) as networks see them, float32 ``[N, D]``."""
        mode = self._labels[index]
        points = self._sample(mode, random) if self.fresh else self.points[index]
        return Batch(self.info.from_data(points), mode)

    def items(self, index: Tensor) -> Tensor:
        """Return stored points in the data's own coordinates, float32 ``[N, D]``."""
        return self.points[index]

    def labels(self, index: Tensor) -> Tensor:
        """Return the mode of each point, int64 ``[N]``."""
        return self._labels[index]


@dataset("ring8")
def ring8(
    points: int = 400,
    radius: float = 10.0,
    std: float = 0.5,
    seed: int = 0,
    split: Split = "train",
    fresh: bool = False,
) -> GaussianMixture:
    """Points from 8 Gaussians on a circle in the plane."""
    # There are ``points`` from each; networks see 1.5 radii as 1.
    return _ring("ring8", points, radius, std, seed, split, fresh)


@dataset("ring8-narrow")
def ring8_narrow(
    points: int = 12_500,
    radius: float = 1.0,
    std: float = 0.01,
    seed: int = 0,
    split: Split = "train",
    fresh: bool = False,
) -> GaussianMixture:
    """Points from 8 narrow Gaussians on a circle in the plane."""
    # There are ``points`` from each; networks see 1.5 radii as 1.
    return _ring("ring8-narrow", points, radius, std, seed, split, fresh)


def _ring(
    name: str, points: int, radius: float, std: float, seed: int, split: Split, fresh: bool
) -> GaussianMixture:
    if radius <= 0:
        raise UserError(f"{name}: radius must be above 0, not {radius}")
    angle = torch.arange(8) * (math.pi / 4)
    modes = radius * torch.stack((angle.cos(), angle.sin()), 1)
    stds = torch.full((8,), std)
    return GaussianMixture(
        name, modes, stds, points=points, limit=1.5 * radius, seed=seed, split=split, fresh=fresh
    )


@dataset("grid25")
def grid25(
    points: int = 400, std: float = 0.5, seed: int = 0, split: Split = "train", fresh: bool = False
) -> GaussianMixture:
    """Points from 25 Gaussians on a 5x5 grid from -10 to 10 in the plane."""
    # There are ``points`` from each; networks see 15 as 1.
    return _grid("grid25", 5.0, points, std, seed, split, fresh)


@dataset("grid25-narrow")
def grid25_narrow(
    points: int = 4000, std: float = 0.05, seed: int = 0, split: Split = "train", fresh: bool = False
) -> GaussianMixture:
    """Points from 25 narrow Gaussians on a 5x5 grid from -4 to 4 in the plane."""
    # There are ``points`` from each; networks see 6 as 1.
    return _grid("grid25-narrow", 2.0, points, std, seed, split, fresh)


def _grid(
    name: str, spacing: float, points: int, std: float, seed: int, split: Split, fresh: bool
) -> GaussianMixture:
    line = spacing * torch.arange(-2.0, 3.0)
    modes = torch.cartesian_prod(line, line)
    stds = torch.full((25,), std)
    return GaussianMixture(
        name, modes, stds, points=points, limit=3 * spacing, seed=seed, split=split, fresh=fresh
    )


@dataset("mixture1d")
def mixture1d(points: int = 10_000, seed: int = 0, split: Split = "train") -> GaussianMixture:
    """Numbers, half of them from N(-1, 0.25^2) and half from N(0.5, 0.5^2)."""
    # Networks see 3 as 1.
    # The range is fixed: a range computed from the points would make scores depend on the most extreme one.
    modes, stds = torch.tensor([[-1.0], [0.5]]), torch.tensor([0.25, 0.5])
    return GaussianMixture("mixture1d", modes, stds, points=points, limit=3.0, seed=seed, split=split)
