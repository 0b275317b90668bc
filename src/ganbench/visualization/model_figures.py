"""Pictures that only some models have: a class a column, walks from class to class, sweeps of codes, attention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ganbench.inference.model import Model
from ganbench.latents import Codes
from ganbench.layers.attention import SelfAttention
from ganbench.utils.random_stream import RandomStream
from ganbench.visualization.attention import ASKED, attention_picture
from ganbench.visualization.code_sweeps import sweep_arrangement
from ganbench.visualization.sample_grid import class_paths, grid_of

_ROWS, _COLUMNS = 6, 10  # of a class grid and of walks
_OF_A_CODE = 5  # rows
_FEW = 20  # classes; of more, each has one sample


@dataclass(frozen=True)
class ModelFigure:
    """A PNG under a title, what it shows in words, and the names of its columns where they have some."""

    name: str
    title: str
    words: str
    picture: bytes
    columns: Sequence[str] = ()


def shown(model: Model, seed: int = 0) -> list[ModelFigure]:
    """Return those of the pictures that this maker of pictures has, the same for the same weights and seed."""
    if model.info.kind != "image" or not model.algorithm.generates:
        return []
    found = []
    if model.classes:
        found.append(_classes(model, seed))
    if len(model.classes) > 1:
        found.append(_walks(model, seed))
    codes: Codes | None = getattr(model.latent, "codes", None)
    if codes is not None:
        found.append(_sweeps(model, codes, seed))
    layers = model.networks["G"].modules() if "G" in model.networks else ()
    if any(isinstance(layer, SelfAttention) for layer in layers):
        found.append(_attention(model, seed))
    return found


def _classes(model: Model, seed: int) -> ModelFigure:
    rows = _ROWS if len(model.classes) <= _FEW else 1
    picture = grid_of(model, rows * len(model.classes), RandomStream(seed, "sample")).picture(model)
    words = "In each row one latent, in each column a class."
    return ModelFigure("classes", "Classes", words, picture, model.classes)


def _walks(model: Model, seed: int) -> ModelFigure:
    rows = max(_ROWS, len(model.classes)) if len(model.classes) <= _COLUMNS else _ROWS
    ways = [
        f"{model.classes[i % len(model.classes)]} to {model.classes[(i + 1) % len(model.classes)]}"
        for i in range(rows)
    ]
    words = f"One latent a row, whose class changes in equal steps; row by row from {', '.join(ways)}."
    return ModelFigure(
        "walks", "Walks from class to class", words, class_paths(model, rows, _COLUMNS, seed).picture(model)
    )


def _sweeps(model: Model, codes: Codes, seed: int) -> ModelFigure:
    kinds = [f"categorical code {i + 1} ({values} values)" for i, values in enumerate(codes.categorical)]
    kinds += [f"continuous code {i + 1} (from -2 to 2)" for i in range(codes.continuous)]
    blocks = ", ".join(
        f"rows {i * _OF_A_CODE + 1} to {(i + 1) * _OF_A_CODE} {kind}" for i, kind in enumerate(kinds)
    )
    words = f"In each row one code goes through its values while all else stays: {blocks}."
    picture = sweep_arrangement(model, _OF_A_CODE, RandomStream(seed, "sample")).picture(model)
    return ModelFigure("sweeps", "Sweeps of the codes", words, picture)


def _attention(model: Model, seed: int) -> ModelFigure:
    words = f"In each row a sample, then {len(ASKED)} copies lit by what one position heeds, the red dot."
    return ModelFigure(
        "attention", "Where the generator attends", words, attention_picture(model, _ROWS, seed)
    )
