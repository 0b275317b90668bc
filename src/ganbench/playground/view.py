"""What a page sees of a model: points of G, D's output over the plane, and where G's loss pushes points."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ganbench.algorithms.base import Algorithm
from ganbench.data.base import Dataset
from ganbench.inference.build import ModelParts
from ganbench.inference.critic_scores import critic_scores, critic_unavailable_reason
from ganbench.inference.model import Model
from ganbench.playground.gradient import push_on_fakes
from ganbench.playground.plane_score import PlaneScore
from ganbench.utils.random_stream import RandomStream

POINTS = 500
ARROWS = 80
SIDE = 40
_UNIT = 10_000  # a coordinate goes to the page as a whole number: 0 is the low end of the plane, this is the high end


@dataclass(frozen=True)
class CriticField:
    """D's output on a grid of ``SIDE`` x ``SIDE`` cells, at their middles, row by row from the lowest y.

    ``values`` are whole numbers from 0 for ``low`` to 255 for ``high``. The output is the probability of "real" from 0
    to 1 if ``probability``, else D's raw score, between its 1st and 99th percentile.
    """

    low: float
    high: float
    probability: bool
    values: list[int]


@dataclass(frozen=True)
class Frame:
    """One picture of the training, as it goes to the page.

    Attributes:
        step: The finished steps.
        phase: What has just happened within a step, as in "D 2/5" or "gradient"; empty at the end of a step.
        fakes: ``POINTS`` points of G, always from the same latents, as x and y in turn.
        critic: D's output; None if D scores no single points.
        arrows: For every few fakes: x, y, and the direction of its push, with lengths relative to the longest.
        losses: The means of all terms since the last frame that has some, by their names in a run's log.
        scores: The scores since the last frame that has some.
        steps_per_second: The speed of the training; None while it is not known.
    """

    step: int
    phase: str
    fakes: list[int]
    critic: CriticField | None
    arrows: list[int]
    losses: Mapping[str, float] = dataclasses.field(default_factory=dict)
    scores: Sequence[PlaneScore] = ()
    steps_per_second: float | None = None

    def to_json(self) -> str:
        """Return the frame as a message to the page."""
        return json.dumps({"type": "frame", **dataclasses.asdict(self)}, separators=(",", ":"))


class View:
    """Looks at a model in training, without changing anything of it.

    Args:
        parts: The model, whose networks are trained in place.
        dataset: The data.
        seed: Determines the latents and the real points that are shown.
        average: The networks with the moving averages of their weights, if there are any.

    Attributes:
        shows_average: Whether points come from the average.
        real: The real points that are shown, in the data's own units, ``[N, 2]`` with N up to ``POINTS``.
        hidden_reason: Why D's output is not shown; empty if it is.
    """

    def __init__(
        self, parts: ModelParts, dataset: Dataset, seed: int, average: nn.ModuleDict | None = None
    ) -> None:
        self._parts, self._info, self._seed, self._average = parts, dataset.info, seed, average
        self.shows_average = False
        stream = RandomStream(seed, "playground data")
        self.real = dataset.items(stream.integers(min(POINTS, dataset.info.size), dataset.info.size))
        self._latents = self.draw_latents("playground", POINTS)
        low, high = dataset.info.low, dataset.info.high
        middles = low + (torch.arange(SIDE) + 0.5) / SIDE * (high - low)
        y, x = torch.meshgrid(middles, middles, indexing="ij")
        self._grid = torch.stack([x.flatten(), y.flatten()], 1)
        self.hidden_reason = critic_unavailable_reason(self._model(0)) or ""

    def _model(self, step: int) -> Model:
        parts = self._parts
        networks = self._average if self.shows_average and self._average is not None else parts.networks
        return Model(parts.algorithm, networks, parts.latent, self._info, step)

    def draw_latents(self, purpose: str, n: int) -> Tensor:
        """Return latents ``[n, size]`` that depend on the seed and the purpose."""
        return self._model(0).draw_latents(RandomStream(self._seed, purpose), n)

    def points(self, latents: Tensor, step: int) -> Tensor:
        """Return the points of latents in the data's own units, float32 ``[N, 2]`` on the CPU.

        Raises:
            NotFiniteError: Some are NaN or infinite.
        """
        return self._model(step).decode(latents, batch=len(latents))

    def snapshot(self, step: int, phase: str = "", *, arrows: bool = True) -> Frame:
        """Return what there is to see now.

        Raises:
            NotFiniteError: The networks compute NaN or infinity.
        """
        model, fakes = self._model(step), self.points(self._latents, step)
        visible = not self.hidden_reason
        return Frame(
            step,
            phase,
            self.units(fakes),
            self._critic(model) if visible else None,
            self._arrows(model.algorithm, model.networks, fakes) if visible and arrows else [],
        )

    def units(self, points: Tensor) -> list[int]:
        """Return points ``[N, 2]`` in the data's units as whole numbers for the page, x and y in turn."""
        low, high = self._info.low, self._info.high
        units = (points - low) / (high - low) * _UNIT
        whole: list[int] = units.clamp(-_UNIT, 2 * _UNIT).round().int().flatten().tolist()
        return whole

    def _critic(self, model: Model) -> CriticField:
        scores = critic_scores(model, self._grid)
        probability = model.algorithm.logits
        if probability:
            values, low, high = torch.sigmoid(scores), 0.0, 1.0
        else:  # the extremes lie in the corners, far from all points
            values = scores
            low, high = torch.quantile(scores, torch.tensor([0.01, 0.99])).tolist()
        scaled = (values - low) / max(high - low, 1e-12) * 255
        return CriticField(low, high, probability, scaled.clamp(0, 255).round().int().tolist())

    def _arrows(self, algorithm: Algorithm, networks: nn.ModuleDict, fakes: Tensor) -> list[int]:
        some = fakes[:: -(-len(fakes) // ARROWS)]
        device = next(networks.parameters()).device
        real = self.real[torch.arange(len(some)) % len(self.real)]
        push = push_on_fakes(
            algorithm, networks, *(self._info.from_data(points).to(device) for points in (some, real))
        )
        if push is None:
            return []
        push = push.cpu()
        longest = float(push.norm(dim=1).max())
        directions = (push / longest * _UNIT if longest > 0 else torch.zeros_like(push)).round().int()
        starts = torch.tensor(self.units(some)).reshape(-1, 2)
        numbers: list[int] = torch.cat([starts, directions], 1).flatten().tolist()
        return numbers

    def describe(self) -> dict[str, Any]:
        """Return what does not change: the real points, the range of the plane, and why D is not shown."""
        return {
            "real": self.units(self.real),
            "low": self._info.low,
            "high": self._info.high,
            "side": SIDE,
            "hidden_reason": self.hidden_reason,
            "has_average": self._average is not None,
        }
