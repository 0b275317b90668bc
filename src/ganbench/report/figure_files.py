"""The pictures of a run that papers and slides want as files of their own, in ``pictures/``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from ganbench.inference.model import Model
from ganbench.report.architecture import Layer
from ganbench.report.chart import Chart, loss_chart, probe_chart, score_chart
from ganbench.report.diagram import diagram
from ganbench.report.run_data import RunData
from ganbench.utils.files import write_bytes
from ganbench.visualization.critic import weights_picture
from ganbench.visualization.figure import png_bytes
from ganbench.visualization.frames import frames
from ganbench.visualization.layer_plots import layer_series, layers_picture
from ganbench.visualization.model_figures import ModelFigure


def keep_pictures(
    reading: RunData,
    model: Model | None,
    own: Sequence[ModelFigure],
    networks: Mapping[str, Sequence[Layer]],
) -> dict[str, bytes]:
    """Write the files and return them by name.

    They are: losses, scores on the way, linear probes, what D made of its space first and last, D's weights, the
    layers' statistics, the networks' diagrams, and ``own``, the pictures that only some models have.
    """
    made = {**_losses(reading), **_scores(reading), **_probes(reading), **_critic(reading), **_weights(model)}
    made |= {
        f"layers-{network}.png": layers_picture(network, parameters)
        for network, parameters in layer_series(reading.of("layers")).items()
    }
    made |= {f"network-{name}.svg": diagram(name, layers).encode() for name, layers in networks.items()}
    made |= {f"{one.name}.png": one.picture for one in own}
    folder = reading.run.pictures
    if made:
        folder.mkdir(exist_ok=True)
    for name, picture in made.items():
        write_bytes(folder / name, picture)
    return made


def _losses(reading: RunData) -> dict[str, bytes]:
    drawn = loss_chart(reading.of("scalars"))
    return {} if drawn is None else {"losses.png": _curves(drawn)}


def _scores(reading: RunData) -> dict[str, bytes]:
    drawn = score_chart(reading.of("score"))
    return {} if drawn is None else {"scores.png": _curves(drawn)}


def _probes(reading: RunData) -> dict[str, bytes]:
    drawn = probe_chart(reading.scores.values())
    return {} if drawn is None else {"probes.png": _curves(drawn, "times that the probe was tried")}


def _curves(chart: Chart, along: str = "generator steps") -> bytes:
    """Draw each view of a chart in a panel of its own, one above the other."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 0.4 + 2.8 * len(chart.views)), layout="constrained")
    panels = figure.subplots(len(chart.views), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (view, lines) in zip(panels, chart.views.items(), strict=True):
        for line in lines:
            values = [math.nan if value is None else value for value in line.values]
            axes.plot(
                line.steps, values, label=line.name, linewidth=1.2, marker="." if len(values) < 30 else ""
            )
        axes.set_ylabel(view)
        if len(lines) > 1:
            axes.legend()
    panels[-1].set_xlabel(along)
    return png_bytes(figure, dpi=110)


def _critic(reading: RunData) -> dict[str, bytes]:
    drawn = frames(reading.run.critic)
    ends = zip(("critic-first.png", "critic-last.png"), [*drawn[:1], *drawn[1:][-1:]], strict=False)
    return {name: frame.path.read_bytes() for name, frame in ends}


def _weights(model: Model | None) -> dict[str, bytes]:
    """Draw the weights of the network that judges, if one is called D."""
    if model is None or "D" not in model.networks:
        return {}
    return {"weights.png": weights_picture({f"weights of D after step {model.step}": model.networks["D"]})}
