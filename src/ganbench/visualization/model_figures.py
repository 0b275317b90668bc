"""Figures for models with special features: classes, walks between classes, sweeps of codes, attention maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ganbench.inference.model import Model
from ganbench.latents import Codes
from ganbench.layers.attention import SelfAttention
from ganbench.utils.random_stream import RandomStream
from ganbench.visualization.attention import QUERY_POSITIONS, attention_picture
from ganbench.visualization.code_sweeps import code_sweep_grid
from ganbench.visualization.sample_grid import class_walk_grid, make_sample_grid

_ROWS = 6
_WALK_COLUMNS = 10
_ROWS_PER_CODE = 5
_MANY_CLASSES = 20  # with more classes than this, show one sample per class


@dataclass(frozen=True)
class ModelFigure:
    """A PNG with its title and caption, and the names of its columns if they have names."""

    name: str
    title: str
    caption: str
    picture: bytes
    columns: Sequence[str] = ()


def model_figures(model: Model, seed: int = 0) -> list[ModelFigure]:
    """Return the figures that apply to a generator of images; the same weights and seed give the same figures."""
    if model.info.kind != "image" or not model.generates:
        return []
    figures = []
    if model.classes:
        figures.append(_class_figure(model, seed))
    if len(model.classes) > 1:
        figures.append(_walk_figure(model, seed))
    codes: Codes | None = getattr(model.latent, "codes", None)
    if codes is not None:
        figures.append(_sweep_figure(model, codes, seed))
    layers = model.networks["G"].modules() if "G" in model.networks else ()
    if any(isinstance(layer, SelfAttention) for layer in layers):
        figures.append(_attention_figure(model, seed))
    return figures


def _class_figure(model: Model, seed: int) -> ModelFigure:
    rows = _ROWS if len(model.classes) <= _MANY_CLASSES else 1
    grid = make_sample_grid(model, rows * len(model.classes), RandomStream(seed, "sample"))
    caption = "Each class shows the same latents."
    return ModelFigure("classes", "Classes", caption, grid.render_png(model), model.classes)


def _walk_figure(model: Model, seed: int) -> ModelFigure:
    rows = max(_ROWS, len(model.classes)) if len(model.classes) <= _WALK_COLUMNS else _ROWS
    walks = ", ".join(
        f"{model.classes[i % len(model.classes)]} to {model.classes[(i + 1) % len(model.classes)]}"
        for i in range(rows)
    )
    caption = f"Each row keeps one latent and changes its class in equal steps; row by row from {walks}."
    grid = class_walk_grid(model, rows, _WALK_COLUMNS, seed)
    return ModelFigure("walks", "Walks between classes", caption, grid.render_png(model))


def _sweep_figure(model: Model, codes: Codes, seed: int) -> ModelFigure:
    names = [f"categorical code {i + 1} ({values} values)" for i, values in enumerate(codes.categorical)]
    names += [f"continuous code {i + 1} (from -2 to 2)" for i in range(codes.continuous)]
    blocks = ", ".join(
        f"rows {i * _ROWS_PER_CODE + 1} to {(i + 1) * _ROWS_PER_CODE} {name}" for i, name in enumerate(names)
    )
    caption = f"Each row changes one code and keeps the rest of the latent: {blocks}."
    grid = code_sweep_grid(model, _ROWS_PER_CODE, RandomStream(seed, "sample"))
    return ModelFigure("sweeps", "Sweeps of the codes", caption, grid.render_png(model))


def _attention_figure(model: Model, seed: int) -> ModelFigure:
    caption = (
        f"Each row shows a sample, then {len(QUERY_POSITIONS)} copies in which bright areas are those that the "
        "position at the red dot attends to."
    )
    picture = attention_picture(model, _ROWS, seed)
    return ModelFigure("attention", "Generator attention", caption, picture)
