"""Tiny recipes, complete states of runs to compare, and runs that stop at a given step."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ganbench.config.spec import parameters
from ganbench.errors import Stopped
from ganbench.experiment.train import resume, train
from ganbench.inference.critic_scores import critic_scores
from ganbench.recipes.base import Recipe
from ganbench.recipes.registry import find_recipe
from ganbench.runs.run import Run
from ganbench.training.trainer import Trainer
from ganbench.visualization.critic import critic_picture
from ganbench.visualization.image_grid import sample_picture

STEPS = 12
# data sets that need no files
SYNTHETIC = (
    "ring8",
    "ring8-narrow",
    "grid25",
    "grid25-narrow",
    "mixture1d",
    "shapes",
    "aligned-pairs",
    "shapes-by-colour",
)
SCHEDULE = {
    "schedule.steps": STEPS,
    "schedule.batch": 8,
    "schedule.log_every": 3,
    "schedule.layers_every": 4,
    "schedule.sample_every": 4,
    "schedule.samples": 4,
    "schedule.checkpoint_every": 5,
    "schedule.evaluate_every": 0,
    "machine.threads": 1,
}


def tiny_overrides(name: str) -> dict[str, Any]:
    """Return overrides with which any recipe trains in well under a second, without data files."""
    recipe = find_recipe(name, "laptop")
    overrides: dict[str, Any] = dict(SCHEDULE)
    if {"a", "b"} <= set(parameters(recipe.data.target)):
        overrides |= {"data.a": "shapes", "data.b": "shapes"}
    elif getattr(recipe.data.target, "dataset_name", None) not in SYNTHETIC:
        overrides["data"] = "shapes"
    target = recipe.override({k: v for k, v in overrides.items() if k == "data"}).data.target
    overrides |= {f"data.{k}": v for k, v in {"size": 40, "points": 5}.items() if k in parameters(target)}
    for network, spec in recipe.networks.items():
        if "width" in parameters(spec.target):
            overrides[f"networks.{network}.width"] = 8
    if recipe.algorithm.kwargs.get("critic_steps", 1) > 2:
        overrides["algorithm.critic_steps"] = 2
    return overrides


def tiny_recipe(name: str, overrides: Mapping[str, Any] | None = None) -> Recipe:
    """Return a recipe with its laptop budget and :func:`tiny_overrides`, then ``overrides``."""
    return find_recipe(name, "laptop").override(tiny_overrides(name)).override(overrides or {})


@contextmanager
def skip_figures() -> Iterator[None]:
    """Make runs write the plotted numbers in place of each figure, which is faster and stricter to compare."""

    def samples(info: Any, samples: Any, real: Any = None, title: str = "", *, columns: Any = None) -> bytes:
        return f"{title} {columns}".encode() + samples.numpy().tobytes() + real.numpy().tobytes()

    def critic(model: Any, fake: Any, real: Any, title: str = "") -> bytes:
        return title.encode() + b"".join(critic_scores(model, x).numpy().tobytes() for x in (fake, real))

    with _patch_figures(samples, critic):
        yield


@contextmanager
def draw_figures() -> Iterator[None]:
    """Make runs draw real figures within :func:`skip_figures`, which conftest.py applies to all tests."""
    with _patch_figures(sample_picture, critic_picture):
        yield


@contextmanager
def _patch_figures(samples: Callable[..., bytes], critic: Callable[..., bytes]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ganbench.experiment.run_hooks.sample_picture", samples)
        patch.setattr("ganbench.experiment.run_hooks.critic_picture", critic)
        yield


def override_arguments(overrides: Mapping[str, Any]) -> list[str]:
    """Return overrides as command-line arguments."""
    return [
        f"{k}={'null' if v is None else str(v).lower() if isinstance(v, bool) else v}"
        for k, v in overrides.items()
    ]


def read_files(folder: Path) -> dict[str, bytes]:
    """Return the content of every file below a folder, by relative path."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def final_state(run: Run, step: int = STEPS) -> dict[str, Any]:
    """Return everything that must not depend on interruptions: the checkpoint of a step, pictures and events."""
    checkpoint = read_files(run.checkpoints / f"step-{step:08d}")
    assert set(checkpoint) == {
        "networks.safetensors", "average.safetensors", "state.safetensors", "state.json", "manifest.json",
    }  # fmt: skip
    lines = run.events.path.read_text().splitlines()
    events = [line for line in lines if json.loads(line)["kind"] != "speed"]
    critic = {f"critic/{name}": content for name, content in read_files(run.critic).items()}
    sweeps = {f"sweeps/{name}": content for name, content in read_files(run.sweeps).items()}
    return {**checkpoint, **read_files(run.samples), **critic, **sweeps, "events": events}


def stop_after(monkeypatch: pytest.MonkeyPatch, step: int, error: BaseException | None = None) -> None:
    """Send SIGTERM, or raise ``error`` like a crash, at the end of a step, before its logging and checkpoint."""
    train_step = Trainer.train_step

    def train_step_and_stop(trainer: Trainer) -> None:
        train_step(trainer)
        if trainer.step == step:
            if error is not None:
                raise error
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(Trainer, "train_step", train_step_and_stop)


def train_until(
    recipe: Recipe, out: Path, step: int, error: BaseException | None = None, seed: int = 0
) -> Run:
    """Train a recipe until :func:`stop_after` stops it, and return the run."""
    with pytest.MonkeyPatch.context() as patch:
        stop_after(patch, step, error)
        with pytest.raises(Stopped if error is None else type(error)):
            train(recipe, out=out, seed=seed)
    return Run(out)


def resume_until(run: Run, step: int) -> Run:
    """Resume a run until a signal stops it again, and return it."""
    with pytest.MonkeyPatch.context() as patch:
        stop_after(patch, step)
        with pytest.raises(Stopped, match=f"stopped at step {step}"):
            resume(run)
    return run
