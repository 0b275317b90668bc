"""Plots of each named parameter during training: gradient norm, mean and standard deviation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganbench.errors import UserError
from ganbench.visualization.figure import figure_png

Numbers = NDArray[np.float64]

_PANELS = ("gradient norm", "mean", "standard deviation")


@dataclass(frozen=True)
class LayerSeries:
    """The statistics of one parameter over the steps, ``[n]`` each; NaN replaces missing and infinite values."""

    steps: NDArray[np.int64]
    gradient: Numbers
    mean: Numbers
    std: Numbers


def layer_series(events: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, LayerSeries]]:
    """Return the series of a run's ``layers`` events by network and parameter name, in the order of the networks."""
    rows: dict[str, list[tuple[int, list[float | None]]]] = {}
    for event in events:
        for name, values in event["parameters"].items():
            rows.setdefault(name, []).append((event["step"], values))
    networks: dict[str, dict[str, LayerSeries]] = {}
    for name, points in rows.items():
        network, _, parameter = name.partition(".")
        steps = np.array([step for step, _ in points])
        columns = np.array([values for _, values in points], np.float64).T  # None becomes NaN
        networks.setdefault(network, {})[parameter] = LayerSeries(steps, *columns)
    return networks


def layers_picture(network: str, parameters: Mapping[str, LayerSeries]) -> bytes:
    """Return a PNG of one network's parameters: three panels over the steps, with layers coloured from dark to light.

    Dashed lines are biases. Raises UserError if there are no parameters.
    """
    if not parameters:
        raise UserError(f"the run logged no layers of {network}; set schedule.layers_every above 0")
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
    for axes, label in zip(panels, _PANELS, strict=True):
        axes.set_ylabel(label)
    if any((series.gradient > 0).any() for series in parameters.values()):
        panels[0].set_yscale("log")
    panels[0].set_title(network)
    panels[-1].set_xlabel("generator steps")
    figure.legend(
        *panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize="small"
    )
    return figure_png(figure)


def short_name(parameter: str) -> str:
    """Return a parameter's name without the parts that a parametrization such as spectral norm adds."""
    return parameter.replace("parametrizations.", "").replace(".original", "")
