"""What the discriminator has learnt: its output over a line, its scores over the plane, and its weights.

The numbers that are drawn come from functions of their own, so that they can be had without the drawing.
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
from ganbench.inference.critic_scores import scores_of, why_not
from ganbench.inference.model import Model
from ganbench.utils.batched import evaluating
from ganbench.visualization.figure import FAKE, REAL, png_bytes

Numbers = NDArray[np.float64]

_POSITIONS, _BINS = 1000, 50  # on a line
_SIDE = 64  # of the plane's lattice


@dataclass(frozen=True)
class Curve:
    """D's ``output`` at ``positions`` (``[1000]`` each), over the densities of two sets of numbers in 50 bins.

    The output is a probability where ``probability`` says so, else a raw score. ``edges`` is ``[51]``; ``real``
    and ``fake`` are ``[50]``, and what lies outside of the edges is missing from their area of 1.
    """

    positions: Numbers
    output: Numbers
    probability: bool
    edges: Numbers
    real: Numbers
    fake: Numbers


@dataclass(frozen=True)
class Landscape:
    """D's raw ``scores`` ``[64, 64]`` over the plane: the row is the second coordinate, both are ``positions``."""

    positions: Numbers
    scores: Numbers


@dataclass(frozen=True)
class Weights:
    """How the weights of a network spread: the share of them, ``[bins]``, between each two ``edges``.

    The shares add up to 1 but for the ``outside``, at most .2 %, that lie beyond the edges.
    """

    edges: Numbers
    shares: Numbers
    count: int
    outside: float


def critic_curve(model: Model, fake: Tensor, real: Tensor) -> Curve:
    """Return D's output over the range of data of one dimension, beside ``fake`` ``[N, 1]`` and ``real`` ``[M, 1]``.

    Raises UserError if D does not judge samples one by one.
    """
    low, high = model.info.low, model.info.high
    positions = torch.linspace(low, high, _POSITIONS)
    output = scores_of(model, positions[:, None])
    edges = np.linspace(low, high, _BINS + 1)
    return Curve(
        positions=positions.double().numpy(),
        output=(torch.sigmoid(output) if model.algorithm.logits else output).double().numpy(),
        probability=model.algorithm.logits,
        edges=edges,
        real=_density(real, edges),
        fake=_density(fake, edges),
    )


def critic_landscape(model: Model) -> Landscape:
    """Return D's raw scores over the range of data in the plane. Raises UserError if D scores no single samples."""
    positions = torch.linspace(model.info.low, model.info.high, _SIDE)
    y, x = torch.meshgrid(positions, positions, indexing="ij")
    scores = scores_of(model, torch.stack([x.flatten(), y.flatten()], 1))
    return Landscape(positions.double().numpy(), scores.reshape(_SIDE, _SIDE).double().numpy())


def weight_shares(network: nn.Module, bins: int = 101) -> Weights:
    """Return how a network's weights spread: those of its layers' matrices and kernels, without biases and gains.

    Under spectral norm they are what the layers compute with, after the division. The middle bin is around 0.

    Raises:
        UserError: the network has no such weights, or they are not finite.
    """
    with evaluating(network), torch.no_grad():
        found = [getattr(layer, "weight", None) for layer in network.modules()]
        flat = [w.detach().cpu().double().flatten() for w in found if isinstance(w, Tensor) and w.ndim > 1]
    weights = torch.cat(flat).numpy() if flat else np.zeros(0)
    if not len(weights) or not np.isfinite(weights).all():
        raise UserError("a picture of weights needs a network with weights, all of them finite numbers")
    # A few large weights of a small first layer would squeeze the others into some bins.
    reach = 1.05 * float(np.quantile(np.abs(weights), 0.998, method="higher")) or 1.0
    counts, edges = np.histogram(weights, bins=bins, range=(-reach, reach))
    shares = counts / len(weights)
    return Weights(edges, shares, len(weights), outside=1 - counts.sum() / len(weights))


def critic_picture(model: Model, fake: Tensor, real: Tensor, title: str = "") -> bytes:
    """Return as a PNG what D makes of the space that ``fake`` and ``real`` (``[N, D]``, own units) lie in.

    For one dimension D's output over the histograms, for two its scores under the points. The same model and
    points give the same bytes. Raises UserError where :func:`why_not` has a reason.
    """
    reason = why_not(model)
    if reason is not None:
        raise UserError(reason)
    if model.info.shape == (1,):
        return _drawn_curve(critic_curve(model, fake, real), title)
    return _drawn_landscape(critic_landscape(model), fake, real, title)


def weights_picture(networks: Mapping[str, nn.Module]) -> bytes:
    """Return as a PNG the weights' histograms of networks, side by side under their titles.

    Each has a range of its own, since it is the shape that tells: clipped weights stand in two spikes at the
    limits, where those of a critic with a penalty form a bell. Raises UserError as :func:`weight_shares` does.
    """
    return drawn_weights({title: weight_shares(network) for title, network in networks.items()})


def drawn_weights(weights: Mapping[str, Weights]) -> bytes:
    """Return as a PNG histograms of weights that were counted before, side by side under their titles."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1.2 + 3.6 * len(weights), 3.2), layout="constrained")
    panels = figure.subplots(1, len(weights), squeeze=False)[0]
    for axes, (title, spread) in zip(panels, weights.items(), strict=True):
        axes.stairs(100 * spread.shares, spread.edges, fill=True, color="#9467bd")
        words = f"value of a weight ({spread.count:,}, {100 * spread.outside:.1f} % outside)"
        axes.set(title=title, xlabel=words)
    panels[0].set_ylabel("% of the weights in a bin")
    return png_bytes(figure)


def _density(values: Tensor, edges: Numbers) -> Numbers:
    finite = values[:, 0].double().numpy()
    finite = finite[np.isfinite(finite)]
    counts: Numbers = np.histogram(finite, bins=edges)[0] / (max(len(values), 1) * np.diff(edges))
    return counts


def _drawn_curve(curve: Curve, title: str) -> bytes:
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
    return png_bytes(figure)


def _drawn_landscape(landscape: Landscape, fake: Tensor, real: Tensor, title: str) -> bytes:
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 4))  # fixed places: a layout engine would take as long as the drawing
    axes: Any = figure.add_axes((0.08, 0.08, 0.7, 0.84))
    light = ListedColormap(colormaps["Oranges"](np.linspace(0, 0.6, 256)))  # points are seen on all of it
    at, scores = landscape.positions, np.ma.masked_invalid(landscape.scores)
    filled = axes.contourf(at, at, scores, levels=_levels(landscape.scores), extend="both", cmap=light)
    for points, colour, label in ((real, REAL, "real"), (fake, FAKE, "generated")):
        axes.scatter(points[:, 0], points[:, 1], s=5, c=colour, alpha=0.8, linewidths=0, label=label)
    axes.set(title=title, xlim=(at[0], at[-1]), ylim=(at[0], at[-1]))
    axes.legend(loc="upper right", markerscale=3)
    bar = figure.colorbar(filled, cax=figure.add_axes((0.8, 0.08, 0.03, 0.84)), format="%.2g")
    bar.set_label("D's raw score")
    return png_bytes(figure)


def _levels(scores: Numbers, count: int = 21) -> Numbers:
    """Return rising levels that leave out the most extreme hundredths, which lie in the corners."""
    finite = scores[np.isfinite(scores)]
    low, high = np.percentile(finite, (1, 99)) if len(finite) else (0.0, 0.0)
    least = max(1e-6, 1e-6 * abs(low))
    if high - low < least:
        low, high = low - least, high + least
    return np.linspace(low, high, count)
