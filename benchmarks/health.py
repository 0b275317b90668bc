"""Count how many provoked failures the health rules detect, and their false alarms, in runs of a few seconds each.

    python -m benchmarks.health [--out results/health.json] [--first-seed 0] [--only KIND] [--runs DIR]

Six kinds of failure are provoked with five seeds each: at step 600 of 700 of a healthy run, the trainer's state is
changed as ``FAILURES`` says. A failure counts as detected if its rule fires at one of the next two reports and not
before (scores, losses, layers and samples are all logged every 50 steps). False alarms are counted on healthy runs of
eight recipes with five seeds each. A run is healthy if its last score is high enough (``HEALTHY``); others are recorded
and not counted. No figures are drawn, since that would take most of the time.
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

import ganbench
from ganbench.errors import RunError
from ganbench.experiment import run_hooks
from ganbench.experiment.train import train
from ganbench.health import diagnose
from ganbench.losses import Minimax
from ganbench.recipes.registry import find_recipe
from ganbench.runs.run import Run
from ganbench.training.trainer import Trainer

SEEDS, REPORT_EVERY, FAILURE_STEP, STEPS, DETECT_WITHIN = 5, 50, 600, 700, 2
UNDECAYED = STEPS / (STEPS - FAILURE_STEP)  # undoes the decay of the learning rates up to the failure
HEALTHY_STEPS = 1000
TINY = {
    "schedule.batch": 128,
    "schedule.log_every": REPORT_EVERY,
    "schedule.layers_every": REPORT_EVERY,
    "schedule.sample_every": REPORT_EVERY,
    "schedule.samples": 128,
    "schedule.evaluate_every": REPORT_EVERY,
    "schedule.evaluate_samples": 1000,
    "schedule.checkpoint_every": 10_000,
    "machine.threads": 1,
}
#: The number of modes, of 8 or 25, that the last score of a healthy run must reach, by recipe.
HEALTHY: dict[str, float] = {
    "gan-r1-ring8": 7,
    "wgan-ring8": 7,
    "wgan-gp-ring8": 7,
    "sngan-ring8": 7,
    "pacgan-ring8": 7,
    "r3gan-ring8": 7,
    "r3gan-grid25": 22,
    "gan-r1-grid25": 22,
}


#: The parameter that gets a NaN, by seed.
NAN_PARAMETERS = (
    "D.layers.0.weight",
    "G.layers.3.weight",
    "D.layers.6.weight",
    "G.layers.0.weight",
    "D.layers.9.weight",
)


def scale_learning_rates(trainer: Trainer, **factors: float) -> None:
    """Multiply the learning rates of networks from now on."""
    for name, factor in factors.items():
        trainer.base_learning_rates[name] = [rate * factor for rate in trainer.base_learning_rates[name]]


def remove_regularizers(trainer: Trainer) -> None:
    """Remove the regularizers of D."""
    algorithm: Any = trainer.algorithm
    algorithm.regularizers, algorithm.terms = type(algorithm.regularizers)(), type(algorithm.terms)()


def let_d_win(trainer: Trainer) -> None:
    """Let D win: reset G, divide its learning rate by 1000, and train D 10 times per step without regularizers."""
    for layer in trainer.networks["G"].modules():
        if isinstance(layer, nn.Linear):
            layer.reset_parameters()
    scale_learning_rates(trainer, G=1e-3)
    remove_regularizers(trainer)
    trainer.phases = tuple(replace(p, repeats=10) if p.name == "D" else p for p in trainer.phases)


def starve(trainer: Trainer, seed: int) -> None:
    """Let D win while G has the saturating loss, whose gradient vanishes."""
    let_d_win(trainer)
    trainer.algorithm.loss = Minimax()


def saturate(trainer: Trainer, seed: int) -> None:
    """Let D win; G keeps its loss."""
    let_d_win(trainer)


def freeze(trainer: Trainer, seed: int) -> None:
    """Set both learning rates to 0."""
    scale_learning_rates(trainer, G=0, D=0)


def collapse(trainer: Trainer, seed: int) -> None:
    """Freeze D and train G with ten times its initial learning rate, so that it moves to where D scores highest."""
    scale_learning_rates(trainer, G=10 * UNDECAYED, D=0)


def diverge(trainer: Trainer, seed: int) -> None:
    """Set both learning rates to a hundred times their initial values."""
    scale_learning_rates(trainer, G=100 * UNDECAYED, D=100 * UNDECAYED)


def break_layer(trainer: Trainer, seed: int) -> None:
    """Set one weight of one layer to NaN; the rule must name this layer."""
    network, _, name = NAN_PARAMETERS[seed % len(NAN_PARAMETERS)].partition(".")
    with torch.no_grad():
        dict(trainer.networks[network].named_parameters())[name].view(-1)[0] = float("nan")


FAILURES: dict[str, tuple[str, Callable[[Trainer, int], None]]] = {
    "D saturated": ("gan-r1-ring8", saturate),
    "G starved": ("gan-r1-ring8", starve),
    "losses frozen": ("gan-r1-ring8", freeze),
    "collapse": ("gan-r1-ring8", collapse),
    "diverging": ("gan-r1-ring8", diverge),
    "not finite": ("gan-r1-ring8", break_layer),
}


def main() -> None:
    """Measure and print the counts; ``--out`` stores them with all findings."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--only", help="one kind of failure, or one healthy recipe")
    parser.add_argument("--runs", type=Path, help="store the runs here, and reuse those that are here")
    arguments = parser.parse_args()
    run_hooks.sample_picture = run_hooks.critic_picture = lambda *_, **__: b""  # type: ignore[assignment]
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.runs or Path(temporary)
        result = measure(folder, arguments.only, arguments.first_seed)
    print(json.dumps({k: v for k, v in result.items() if isinstance(v, int)}))
    if arguments.out:
        arguments.out.write_text(json.dumps(result, indent=1) + "\n")


def measure(folder: Path, only: str | None, first_seed: int) -> dict[str, Any]:
    """Train the runs that are not in the folder yet, and return the findings in all."""
    seeds = range(first_seed, first_seed + SEEDS)
    failures = [provoke(folder, kind, seed) for kind in FAILURES for seed in seeds if only in (None, kind)]
    healthy = [
        train_healthy(folder, name, seed) for name in HEALTHY for seed in seeds if only in (None, name)
    ]
    counted = [record for record in healthy if record["healthy"]]
    return {
        "machine": {"platform": platform.platform(), "threads": 1},
        "versions": {"ganbench": ganbench.__version__, "torch": torch.__version__},
        "named": sum(record["named"] for record in failures),
        "failures": len(failures),
        "false_alarms": sum(bool(record["found"]) for record in counted),
        "healthy": len(counted),
        "provoked": failures,
        "healthy_runs": healthy,
    }


def provoke(folder: Path, kind: str, seed: int) -> dict[str, Any]:
    """Provoke one failure and return the findings before and after it."""
    name, change = FAILURES[kind]
    path = folder / f"{kind.replace(' ', '-')}-seed{seed}"
    if not path.exists():
        with change_at_failure_step(lambda trainer: change(trainer, seed)), suppress(RunError):
            train(tiny_recipe(name, STEPS), out=path, seed=seed)
    findings = find_problems(Run(path))
    in_time = [
        f
        for f in findings
        if f["rule"] == kind and FAILURE_STEP < f["step"] <= FAILURE_STEP + DETECT_WITHIN * REPORT_EVERY
    ]
    layer = NAN_PARAMETERS[seed % len(NAN_PARAMETERS)] if kind == "not finite" else ""
    detected = bool(in_time) and layer in in_time[0]["sentence"]
    record = {
        "kind": kind,
        "recipe": name,
        "seed": seed,
        "layer": layer,
        "named": detected,
        "found": findings,
    }
    print(json.dumps(record), flush=True)
    return record


def train_healthy(folder: Path, name: str, seed: int) -> dict[str, Any]:
    """Train a run without a provoked failure and return its findings."""
    path = folder / f"{name}-seed{seed}"
    if not path.exists():
        train(tiny_recipe(name, HEALTHY_STEPS), out=path, seed=seed)
    run = Run(path)
    modes, findings = run.events.read("score")[-1]["value"], find_problems(run)
    record = {
        "recipe": name,
        "seed": seed,
        "modes": modes,
        "healthy": modes >= HEALTHY[name],
        "found": findings,
    }
    print(json.dumps(record), flush=True)
    return record


def find_problems(run: Run) -> list[dict[str, Any]]:
    """Return the findings of the health rules in a form that JSON can store."""
    return [
        {"rule": f.rule, "step": f.first_step, "sentence": f.message}
        for f in diagnose(run.events.read(), run.recipe().schedule.steps)
    ]


def tiny_recipe(name: str, steps: int) -> Any:
    """Return a recipe with its laptop budget, made tiny."""
    recipe = find_recipe(name, "laptop")
    widths = {f"networks.{network}.width": 64 for network in recipe.networks}
    return recipe.override({**TINY, **widths, "schedule.steps": steps})


@contextmanager
def change_at_failure_step(change: Callable[[Trainer], object]) -> Iterator[None]:
    """Change every trainer inside the block at the step of the failure."""
    original = Trainer.train_step

    def train_step(trainer: Trainer) -> None:
        if trainer.step == FAILURE_STEP:
            change(trainer)
        original(trainer)

    Trainer.train_step = train_step  # type: ignore[method-assign]
    try:
        yield
    finally:
        Trainer.train_step = original  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
