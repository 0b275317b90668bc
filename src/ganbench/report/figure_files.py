"""The figures of a run as separate files in ``pictures/``, for papers and slides."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from ganbench.inference.model import Model
from ganbench.report.architecture import Layer
from ganbench.report.chart import Chart, loss_chart, probe_chart, score_chart
from ganbench.report.diagram import network_diagram
from ganbench.report.run_data import RunData
from ganbench.utils.files import write_bytes
from ganbench.visualization.critic import weights_picture
from ganbench.visualization.figure import figure_png
from ganbench.visualization.frames import list_frames
from ganbench.visualization.layer_plots import layer_series, layers_picture
from ganbench.visualization.model_figures import ModelFigure


def write_figure_files(
    run_data: RunData,
    model: Model | None,
    figures: Sequence[ModelFigure],
    networks: Mapping[str, Sequence[Layer]],
) -> dict[str, bytes]:
    """Write the figure files of a run and return their contents by name.

    They show the losses, the scores during training, linear probes, D's output over the data space at the first and
    last step, D's weights, the layer statistics, the network diagrams, and the ``figures`` of this kind of model.
    """
    files = {
        **_curves(loss_chart(run_data.events_of("scalars")), "losses.png"),
        **_curves(score_chart(run_data.events_of("score")), "scores.png"),
        **_curves(probe_chart(run_data.scores.values()), "probes.png", "probe evaluations"),
        **_critic(run_data),
        **_weights(model),
    }
    files |= {
        f"layers-{network}.png": layers_picture(network, parameters)
        for network, parameters in layer_series(run_data.events_of("layers")).items()
    }
    files |= {
        f"network-{name}.svg": network_diagram(name, layers).encode() for name, layers in networks.items()
    }
    files |= {f"{figure.name}.png": figure.picture for figure in figures}
    folder = run_data.run.pictures
    if files:
        folder.mkdir(exist_ok=True)
    for name, content in files.items():
        write_bytes(folder / name, content)
    return files


def _curves(chart: Chart | None, file_name: str, x_label: str = "generator steps") -> dict[str, bytes]:
    """Draw the views of a chart, one panel below the other."""
    if chart is None:
        return {}
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
    panels[-1].set_xlabel(x_label)
    return {file_name: figure_png(figure, dpi=110)}


def _critic(run_data: RunData) -> dict[str, bytes]:
    """Return the first and the last picture of D's output; only the first if there is one picture."""
    frames = list_frames(run_data.run.critic)
    ends = zip(("critic-first.png", "critic-last.png"), [*frames[:1], *frames[1:][-1:]], strict=False)
    return {name: frame.path.read_bytes() for name, frame in ends}


def _weights(model: Model | None) -> dict[str, bytes]:
    """Draw the weights of the network called D, if there is one."""
    if model is None or "D" not in model.networks:
        return {}
    return {"weights.png": weights_picture({f"weights of D after step {model.step}": model.networks["D"]})}
