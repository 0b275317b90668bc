"""Running means of loss terms between two entries of the log."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor


class RunningMeans:
    """Running means of loss terms, accumulated on the device so that no step synchronizes with it."""

    def __init__(self) -> None:
        self.sums: dict[str, Tensor] = {}
        self.counts: dict[str, int] = {}

    def add(self, terms: Mapping[str, Tensor]) -> None:
        """Add one value of each term."""
        for name, value in terms.items():
            self.sums[name] = self.sums[name] + value if name in self.sums else value
            self.counts[name] = self.counts.get(name, 0) + 1

    def peek(self) -> dict[str, float]:
        """Return this process's means so far."""
        return {name: float(value) / self.counts[name] for name, value in self.sums.items()}

    def take(self, mean_over_processes: Callable[[Tensor], Tensor]) -> dict[str, float]:
        """Return the means over all processes, and reset."""
        names = sorted(self.sums)
        if not names:
            return {}
        means = mean_over_processes(torch.stack([self.sums[n] / self.counts[n] for n in names]))
        self.clear()
        return dict(zip(names, means.tolist(), strict=True))

    def clear(self) -> None:
        """Start anew."""
        self.sums, self.counts = {}, {}

    def state_dict(self, mean_over_processes: Callable[[Tensor], Tensor]) -> dict[str, Any]:
        """Return the sums (averaged over processes) and counts, so that a resumed run logs the same means."""
        sums = {name: mean_over_processes(self.sums[name].clone()) for name in sorted(self.sums)}
        return {"sums": sums, "counts": {name: self.counts[name] for name in sums}}

    def load_state_dict(self, state: Mapping[str, Any], device: torch.device) -> None:
        """Continue from what :meth:`state_dict` returned."""
        self.sums = {name: value.to(device) for name, value in state["sums"].items()}
        self.counts = dict(state["counts"])
