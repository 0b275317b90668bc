"""Recipes made tiny, runs compared byte for byte, and runs that stop where a test says."""

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
from ganbench.inference.critic_scores import scores_of
from ganbench.recipes.base import Recipe
from ganbench.recipes.registry import find_recipe
from ganbench.runs.run import Run
from ganbench.training.trainer import Trainer
from ganbench.visualization.critic import critic_picture
from ganbench.visualization.image_grid import sample_picture

STEPS = 12
NO_FILES = ("ring8", "grid25", "mixture1d", "shapes")
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


def changes_for(name: str) -> dict[str, Any]:
    """The overrides that make a recipe of any size and data finish in well under a second."""
    recipe = find_recipe(name, "laptop")
    changes: dict[str, Any] = dict(SCHEDULE)
    if {"a", "b"} <= set(parameters(recipe.data.target)):
        changes |= {"data.a": "shapes", "data.b": "shapes"}
    elif getattr(recipe.data.target, "dataset_name", None) not in NO_FILES:
        changes["data"] = "shapes"
    target = recipe.override({k: v for k, v in changes.items() if k == "data"}).data.target
    changes |= {f"data.{k}": v for k, v in {"size": 40, "points": 5}.items() if k in parameters(target)}
    for network, spec in recipe.networks.items():
        if "width" in parameters(spec.target):
            changes[f"networks.{network}.width"] = 8
    return changes


def tiny(name: str, changes: Mapping[str, Any] | None = None) -> Recipe:
    """A recipe at laptop size, made tiny."""
    return find_recipe(name, "laptop").override({**changes_for(name), **(changes or {})})


@contextmanager
def undrawn() -> Iterator[None]:
    """Have runs write, in place of each picture, the numbers that it shows: sharper to compare, and soon done."""

    def samples(info: Any, samples: Any, real: Any = None, title: str = "", *, columns: Any = None) -> bytes:
        return f"{title} {columns}".encode() + samples.numpy().tobytes() + real.numpy().tobytes()

    def critic(model: Any, fake: Any, real: Any, title: str = "") -> bytes:
        return title.encode() + b"".join(scores_of(model, x).numpy().tobytes() for x in (fake, real))

    with _pictures(samples, critic):
        yield


@contextmanager
def drawn() -> Iterator[None]:
    """Have runs draw their pictures, which ``undrawn`` keeps them from for the time of a session."""
    with _pictures(sample_picture, critic_picture):
        yield


@contextmanager
def _pictures(samples: Callable[..., bytes], critic: Callable[..., bytes]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ganbench.experiment.run_hooks.sample_picture", samples)
        patch.setattr("ganbench.experiment.run_hooks.critic_picture", critic)
        yield


def words(changes: Mapping[str, Any]) -> list[str]:
    """The changes as a person types them."""
    return [
        f"{k}={'null' if v is None else str(v).lower() if isinstance(v, bool) else v}"
        for k, v in changes.items()
    ]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def outcome(run: Run, step: int = STEPS) -> dict[str, Any]:
    """What must not depend on how often a run was interrupted: the whole state at a step, pictures, scalars, scores."""
    saved = contents(run.checkpoints / f"step-{step:08d}")
    assert set(saved) == {
        "networks.safetensors", "average.safetensors", "state.safetensors", "state.json", "manifest.json",
    }  # fmt: skip
    lines = run.events.path.read_text().splitlines()
    told = [line for line in lines if json.loads(line)["kind"] != "speed"]
    critic = {f"critic/{name}": picture for name, picture in contents(run.critic).items()}
    sweeps = {f"sweeps/{name}": picture for name, picture in contents(run.sweeps).items()}
    return {**saved, **contents(run.samples), **critic, **sweeps, "events": told}


def stop_after(monkeypatch: pytest.MonkeyPatch, step: int, error: BaseException | None = None) -> None:
    """Have SIGTERM come (or an error raised, as in a crash) at the end of a step, before what follows it."""
    advance = Trainer.advance

    def advance_and_stop(trainer: Trainer) -> None:
        advance(trainer)
        if trainer.step == step:
            if error is not None:
                raise error
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(Trainer, "advance", advance_and_stop)


def train_until(
    recipe: Recipe, out: Path, step: int, error: BaseException | None = None, seed: int = 0
) -> Run:
    """Train a recipe that is stopped after a step by a signal, or by an error as in a crash."""
    with pytest.MonkeyPatch.context() as patch:
        stop_after(patch, step, error)
        with pytest.raises(Stopped if error is None else type(error)):
            train(recipe, out=out, seed=seed)
    return Run(out)


def resume_until(run: Run, step: int) -> Run:
    """Go on with a run that is stopped again by a signal."""
    with pytest.MonkeyPatch.context() as patch:
        stop_after(patch, step)
        with pytest.raises(Stopped, match=f"stopped at step {step}"):
            resume(run)
    return run
