"""Points of the plane that the recipe itself lists, such as a drawing; a recipe file with them needs no other file."""

from __future__ import annotations

import torch
from torch import Tensor

from ganbench.data.base import Batch, DataInfo
from ganbench.data.io.fingerprint import fingerprint
from ganbench.data.registry import dataset
from ganbench.errors import UserError
from ganbench.utils.random_stream import RandomStream

MAX_POINTS = 5000


class PlanePoints:
    """Points of the plane as they are, without classes and without a known density.

    Args:
        name: the name of the set.
        points: the points, float32 ``[N, 2]``, in the data's own coordinates.
        limit: the coordinate that corresponds to 1 for the networks.
    """

    def __init__(self, name: str, points: Tensor, limit: float) -> None:
        self.points = points
        self.info = DataInfo(
            name=name,
            kind="points",
            shape=(2,),
            size=len(points),
            fingerprint=fingerprint(points, None, ()),
            split="all",
            low=-limit,
            high=limit,
        )

    def __len__(self) -> int:
        return len(self.points)

    def batch(self, index: Tensor, random: RandomStream) -> Batch:
        """Return the points of ``index`` (int64 ``[N]``) as networks see them, float32 ``[N, 2]``."""
        return Batch(self.info.from_data(self.points[index]))

    def items(self, index: Tensor) -> Tensor:
        """Return points in the data's own coordinates, float32 ``[N, 2]``."""
        return self.points[index]

    def labels(self, index: Tensor) -> None:
        """Return None: the points have no classes."""
        return None


@dataset("plane")
def plane(
    points: tuple[tuple[float, float], ...] = ((-0.5, -0.5), (-0.5, 0.5), (0.5, -0.5), (0.5, 0.5)),
    limit: float = 1.0,
) -> PlanePoints:
    """Points of the plane that the recipe lists, such as a drawing of the 2-D playground."""
    # Networks see ``limit`` as 1.
    if not 0 < len(points) <= MAX_POINTS:
        raise UserError(f"plane: points must be 1 to {MAX_POINTS:,} pairs of numbers, not {len(points):,}")
    if limit <= 0:
        raise UserError(f"plane: limit must be above 0, not {limit}")
    coordinates = torch.tensor(points, dtype=torch.float32)
    if float(coordinates.abs().max()) > limit:
        raise UserError(
            f"plane: coordinates must be from -{limit:g} to {limit:g}; raise limit for larger ones"
        )
    return PlanePoints("plane", coordinates, limit)
