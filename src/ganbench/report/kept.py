"""The pictures of a run that papers and slides want as files of their own: PNGs in ``pictures/``."""

from __future__ import annotations

from ganbench.model import Model
from ganbench.report.critic import weights_picture
from ganbench.report.figure import png_bytes
from ganbench.report.layers import layer_series, layers_picture
from ganbench.report.reading import Reading
from ganbench.report.timeline import frames
from ganbench.runs import write_bytes


def keep_pictures(reading: Reading, model: Model | None) -> dict[str, bytes]:
    """Write the PNGs and return them by name: losses, what D made of its space first and last, weights, layers."""
    made = {**_losses(reading), **_critic(reading), **_weights(model)}
    for network, parameters in layer_series(reading.of("layers")).items():
        made[f"layers-{network}"] = layers_picture(network, parameters)
    folder = reading.run.pictures
    if made:
        folder.mkdir(exist_ok=True)
    for name, picture in made.items():
        write_bytes(folder / f"{name}.png", picture)
    return made


def _losses(reading: Reading) -> dict[str, bytes]:
    events = reading.of("scalars")
    if len(events) < 2:
        return {}
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.2), layout="constrained")
    axes = figure.add_subplot()
    for name in (n for n in events[-1] if n not in ("kind", "step", "kimg")):
        points = [(e["step"], e[name]) for e in events if name in e]
        axes.plot(*zip(*points, strict=True), label=name, linewidth=1.2)
    axes.set(xlabel="generator steps", ylabel="loss terms")
    axes.legend()
    return {"losses": png_bytes(figure, dpi=110)}


def _critic(reading: Reading) -> dict[str, bytes]:
    drawn = frames(reading.run.critic)
    ends = zip(("critic-first", "critic-last"), [*drawn[:1], *drawn[1:][-1:]], strict=False)
    return {name: frame.path.read_bytes() for name, frame in ends}


def _weights(model: Model | None) -> dict[str, bytes]:
    """Draw the weights of the network that judges, if one is called D."""
    if model is None or "D" not in model.networks:
        return {}
    return {"weights": weights_picture({f"weights of D after step {model.step}": model.networks["D"]})}
