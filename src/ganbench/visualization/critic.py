"""Plots of a discriminator (critic) D: its output over a line, its scores over the plane, and its weights.

Separate functions return the plotted numbers, so that they can be used without drawing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ganbench.errors import UserError
from ganbench.inference.critic_scores import critic_scores, critic_unavailable_reason
from ganbench.inference.model import Model
from ganbench.utils.batched import eval_mode
from ganbench.visualization.figure import FAKE, REAL, figure_png

Numbers = NDArray[np.float64]

_LINE_POINTS = 1000
_LINE_BINS = 50
_PLANE_SIDE = 64  # points along each axis of the plane


@dataclass(frozen=True)
class CriticCurve:
    """D's output over a line, with density histograms of real and generated numbers.

    ``positions`` and ``output`` are ``[1000]``. The output is the probability of "real" if ``probability`` is True,
    otherwise D's raw score. ``edges`` is ``[51]``; ``real`` and ``fake`` are ``[50]``. Numbers outside the edges are
    not drawn but count, so they reduce the area of a histogram below 1.
    """

    positions: Numbers
    output: Numbers
    probability: bool
    edges: Numbers
    real: Numbers
    fake: Numbers


@dataclass(frozen=True)
class CriticLandscape:
    """D's raw ``scores`` over the plane, ``[64, 64]``: rows are y, columns are x, and ``positions`` holds both."""

    positions: Numbers
    scores: Numbers


@dataclass(frozen=True)
class WeightHistogram:
    """A histogram of a network's weights.

    ``shares`` ``[bins]`` are the fractions of all weights between each two ``edges`` ``[bins + 1]``. They sum to
    1 - ``outside``, where ``outside`` is the fraction beyond the edges, at most 0.2 %. ``count`` is the number of
    weights.
    """

    edges: Numbers
    shares: Numbers
    count: int
    outside: float


def critic_curve(model: Model, fake: Tensor, real: Tensor) -> CriticCurve:
    """Return D's output over the range of one-dimensional data, and histograms of ``fake`` and ``real``.

    Args:
        model: A model of one-dimensional data.
        fake: Generated numbers in data units, ``[N, 1]``.
        real: Real numbers in data units, ``[M, 1]``.

    Raises:
        UserError: D does not score single samples.
    """
    low, high = model.info.low, model.info.high
    positions = torch.linspace(low, high, _LINE_POINTS)
    scores = critic_scores(model, positions[:, None])
    edges = np.linspace(low, high, _LINE_BINS + 1)
    return CriticCurve(
        positions=positions.double().numpy(),
        output=(torch.sigmoid(scores) if model.algorithm.logits else scores).double().numpy(),
        probability=model.algorithm.logits,
        edges=edges,
        real=_density(real, edges),
        fake=_density(fake, edges),
    )


def critic_landscape(model: Model) -> CriticLandscape:
    """Return D's raw scores over the range of two-dimensional data.

    Raises:
        UserError: D does not score single samples.
    """
    positions = torch.linspace(model.info.low, model.info.high, _PLANE_SIDE)
    y, x = torch.meshgrid(positions, positions, indexing="ij")
    scores = critic_scores(model, torch.stack([x.flatten(), y.flatten()], 1))
    return CriticLandscape(
        positions.double().numpy(), scores.reshape(_PLANE_SIDE, _PLANE_SIDE).double().numpy()
    )


def weight_histogram(network: nn.Module, bins: int = 101) -> WeightHistogram:
    """Return a histogram of a network's weight matrices and kernels, without biases and the gains of norm layers.

    With spectral norm, these are the normalised weights that the layers use. The range is symmetric, so that the
    middle bin of an odd number contains 0.

    Raises:
        UserError: the network has no such weights, or some are not finite.
    """
    with eval_mode(network), torch.no_grad():
        parameters = [getattr(layer, "weight", None) for layer in network.modules()]
        flat = [
            w.detach().cpu().double().flatten() for w in parameters if isinstance(w, Tensor) and w.ndim > 1
        ]
    weights = torch.cat(flat).numpy() if flat else np.zeros(0)
    if not len(weights) or not np.isfinite(weights).all():
        raise UserError("a weight histogram needs a network with weights, all of them finite")
    # The range covers 99.8 % of the weights. A few large ones would squeeze all others into a few bins.
    limit = 1.05 * float(np.quantile(np.abs(weights), 0.998, method="higher")) or 1.0
    counts, edges = np.histogram(weights, bins=bins, range=(-limit, limit))
    shares = counts / len(weights)
    return WeightHistogram(edges, shares, len(weights), outside=1 - counts.sum() / len(weights))


def critic_picture(model: Model, fake: Tensor, real: Tensor, title: str = "") -> bytes:
    """Return a PNG of D over the data space, with generated and real points ``[N, D]`` in data units.

    One-dimensional data show D's output over two histograms, two-dimensional data show D's scores below the points.
    The same model and points give the same bytes.

    Raises:
        UserError: D cannot be drawn; the message is that of :func:`critic_unavailable_reason`.
    """
    reason = critic_unavailable_reason(model)
    if reason is not None:
        raise UserError(reason)
    if model.info.shape == (1,):
        return _draw_curve(critic_curve(model, fake, real), title)
    return _draw_landscape(critic_landscape(model), fake, real, title)


def weights_picture(networks: Mapping[str, nn.Module]) -> bytes:
    """Return a PNG with the weight histograms of networks side by side, each with its title and its own range.

    Compare their shapes: clipped weights pile up in two spikes at the limits, weights under a gradient penalty form
    a bell. Raises UserError like :func:`weight_histogram`.
    """
    return draw_weight_histograms({title: weight_histogram(network) for title, network in networks.items()})


def draw_weight_histograms(histograms: Mapping[str, WeightHistogram]) -> bytes:
    """Return a PNG with histograms side by side, each with its title."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1.2 + 3.6 * len(histograms), 3.2), layout="constrained")
    panels = figure.subplots(1, len(histograms), squeeze=False)[0]
    for axes, (title, histogram) in zip(panels, histograms.items(), strict=True):
        axes.stairs(100 * histogram.shares, histogram.edges, fill=True, color="#9467bd")
        label = f"weight ({histogram.count:,} in total, {100 * histogram.outside:.1f} % outside)"
        axes.set(title=title, xlabel=label)
    panels[0].set_ylabel("% of the weights per bin")
    return figure_png(figure)


def _density(values: Tensor, edges: Numbers) -> Numbers:
    numbers = values[:, 0].double().numpy()
    finite = numbers[np.isfinite(numbers)]
    density: Numbers = np.histogram(finite, bins=edges)[0] / (max(len(values), 1) * np.diff(edges))
    return density


def _draw_curve(curve: CriticCurve, title: str) -> bytes:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 4))
    axes: Any = figure.add_axes((0.11, 0.09, 0.77, 0.82))
    axes.stairs(curve.real, curve.edges, fill=True, color=REAL, alpha=0.5, label="real")
    axes.stairs(curve.fake, curve.edges, fill=True, color=FAKE, alpha=0.5, label="generated")
    axes.set(title=title, xlim=(curve.edges[0], curve.edges[-1]), ylabel="density")
    right = axes.twinx()
    label = "D's output, the probability of real" if curve.probability else "D's raw score"
    right.plot(curve.positions, curve.output, color="#d62728", linewidth=1.5)
    right.set_ylabel(label, color="#d62728")
    if curve.probability:
        right.axhline(0.5, color="#d62728", linewidth=0.6, linestyle=":")
        right.set_ylim(0, 1)
    axes.legend(loc="upper right")
    return figure_png(figure)


def _draw_landscape(landscape: CriticLandscape, fake: Tensor, real: Tensor, title: str) -> bytes:
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 4))  # with fixed axes, since a layout engine would double the time
    axes: Any = figure.add_axes((0.08, 0.08, 0.7, 0.84))
    light = ListedColormap(colormaps["Oranges"](np.linspace(0, 0.6, 256)))  # keeps the points visible
    at, scores = landscape.positions, np.ma.masked_invalid(landscape.scores)
    filled = axes.contourf(at, at, scores, levels=_levels(landscape.scores), extend="both", cmap=light)
    for points, colour, label in ((real, REAL, "real"), (fake, FAKE, "generated")):
        axes.scatter(points[:, 0], points[:, 1], s=5, c=colour, alpha=0.8, linewidths=0, label=label)
    axes.set(title=title, xlim=(at[0], at[-1]), ylim=(at[0], at[-1]))
    axes.legend(loc="upper right", markerscale=3)
    bar = figure.colorbar(filled, cax=figure.add_axes((0.8, 0.08, 0.03, 0.84)), format="%.2g")
    bar.set_label("D's raw score")
    return figure_png(figure)


def _levels(scores: Numbers, count: int = 21) -> Numbers:
    """Return increasing contour levels from the 1st to the 99th percentile; the extremes lie in the corners."""
    finite = scores[np.isfinite(scores)]
    low, high = np.percentile(finite, (1, 99)) if len(finite) else (0.0, 0.0)
    min_range = max(1e-6, 1e-6 * abs(low))
    if high - low < min_range:
        low, high = low - min_range, high + min_range
    return np.linspace(low, high, count)
