"""Gradient norm, mean and spread of each named parameter of a network through a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganbench.errors import UserError
from ganbench.visualization.figure import png_bytes

Numbers = NDArray[np.float64]

_PANELS = ("gradient's norm", "mean", "standard deviation")


@dataclass(frozen=True)
class Series:
    """One parameter through a run, ``[n]`` each; NaN where there was no finite number."""

    steps: NDArray[np.int64]
    gradient: Numbers
    mean: Numbers
    std: Numbers


def layer_series(events: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Series]]:
    """Return what the ``layers`` events of a run tell, by network and by parameter, in the networks' own order."""
    rows: dict[str, list[tuple[int, list[float | None]]]] = {}
    for event in events:
        for name, values in event["parameters"].items():
            rows.setdefault(name, []).append((event["step"], values))
    found: dict[str, dict[str, Series]] = {}
    for name, told in rows.items():
        network, _, parameter = name.partition(".")
        steps = np.array([step for step, _ in told])
        columns = np.array([values for _, values in told], np.float64).T  # None becomes NaN
        found.setdefault(network, {})[parameter] = Series(steps, *columns)
    return found


def layers_picture(network: str, parameters: Mapping[str, Series]) -> bytes:
    """Return one network's parameters as a PNG: three panels over the steps, the layers from dark to light.

    Biases are dashed. Raises UserError if there are no parameters.
    """
    if not parameters:
        raise UserError(f"nothing is known of the layers of {network}; set schedule.layers_every above 0")
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    rows = -(-len(parameters) // 2)
    figure = Figure(figsize=(9, 7.5 + 0.2 * rows), layout="constrained")
    panels = figure.subplots(3, 1, sharex=True)
    colours = colormaps["viridis"](np.linspace(0, 0.92, len(parameters)))
    for colour, (name, series) in zip(colours, parameters.items(), strict=True):
        style = {"color": colour, "linewidth": 1.2, "linestyle": "--" if name.endswith("bias") else "-"}
        for axes, values in zip(panels, (series.gradient, series.mean, series.std), strict=True):
            axes.plot(series.steps, values, label=short_name(name), **style)
    for axes, words in zip(panels, _PANELS, strict=True):
        axes.set_ylabel(words)
    if any((series.gradient > 0).any() for series in parameters.values()):
        panels[0].set_yscale("log")
    panels[0].set_title(network)
    panels[-1].set_xlabel("generator steps")
    figure.legend(
        *panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize="small"
    )
    return png_bytes(figure)


def short_name(parameter: str) -> str:
    """Return a parameter's name without what a parametrization (spectral norm) puts into it."""
    return parameter.replace("parametrizations.", "").replace(".original", "")
