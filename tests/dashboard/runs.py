"""Tiny trained runs, one of each kind that the playground handles differently."""

from __future__ import annotations

from pathlib import Path

from tests.support.training import draw_figures, tiny_recipe

from ganbench.experiment.train import train
from ganbench.inference.load import load
from ganbench.inference.model import Model

KINDS = {
    "points": "gan-r1-ring8",
    "line": "gan1d-minimax",
    "classes": "cgan-dense-mnist",
    "codes": "infogan-shapes",
    "representations": "simsiam-gan-cifar10",
}


def trained(root: Path, kind: str, seed: int = 0) -> Path:
    """Train a run of a kind, with real figures, and return its folder ``root/KIND-seedN``."""
    folder = root / f"{kind}-seed{seed}"
    with draw_figures():
        train(tiny_recipe(KINDS[kind], {"schedule.steps": 8}), out=folder, seed=seed)
    return folder


def model_of(root: Path, kind: str) -> Model:
    """Return the model of a run, training it first if needed."""
    folder = root / f"{kind}-seed0"
    return load(folder if folder.exists() else trained(root, kind))
