"""How often the health rules name provoked failures, and how often they cry wolf: tiny runs of a few seconds each.

    python -m benchmarks.health [--out results/health.json] [--first-seed 0] [--only KIND] [--runs DIR]

Six kinds of failure are provoked with five seeds each, in the middle of a run that went well: at step 600 of 700 the
trainer's state is changed as ``PROVOKED`` says. A failure counts as named if its rule speaks at one of the next two
reports (scores, losses, layers and samples all come every 50 steps), and did not before. False alarms are counted on
40 healthy runs, eight recipes with five seeds each: a run is healthy if its last score says so (``HEALTHY``), and a
run that is not is left out and told. No pictures are drawn, which would take most of the time.
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
from ganbench.experiment import run_hooks as actions
from ganbench.experiment.train import train
from ganbench.health import diagnose
from ganbench.losses import Minimax
from ganbench.recipes.registry import find_recipe
from ganbench.runs.run import Run
from ganbench.training.trainer import Trainer

SEEDS, REPORT, PROVOKED_AT, STEPS, WITHIN = 5, 50, 600, 700, 2
DECAYED = STEPS / (
    STEPS - PROVOKED_AT
)  # undoes the decay of the recipe's rates by the time of the provocation
HEALTHY_STEPS = 1000
TINY = {
    "schedule.batch": 128,
    "schedule.log_every": REPORT,
    "schedule.layers_every": REPORT,
    "schedule.sample_every": REPORT,
    "schedule.samples": 128,
    "schedule.evaluate_every": REPORT,
    "schedule.evaluate_samples": 1000,
    "schedule.checkpoint_every": 10_000,
    "machine.threads": 1,
}
#: Recipe, and how many modes its last score must count for a run to be healthy, of 8 or 25.
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


#: The weights that are broken, by seed.
BROKEN = (
    "D.layers.0.weight",
    "G.layers.3.weight",
    "D.layers.6.weight",
    "G.layers.0.weight",
    "D.layers.9.weight",
)


def set_rates(trainer: Trainer, **factors: float) -> None:
    """Multiply networks' learning rates from now on."""
    for name, factor in factors.items():
        trainer.learning_rates[name] = [rate * factor for rate in trainer.learning_rates[name]]


def without_penalty(trainer: Trainer) -> None:
    """Take D's regularizers away."""
    algorithm: Any = trainer.algorithm
    algorithm.regularizers, algorithm.terms = type(algorithm.regularizers)(), type(algorithm.terms)()


def outclass(trainer: Trainer) -> None:
    """Throw G back to a random start and slow it a thousandfold; D loses its penalty and moves ten times a step."""
    for layer in trainer.networks["G"].modules():
        if isinstance(layer, nn.Linear):
            layer.reset_parameters()
    set_rates(trainer, G=1e-3)
    without_penalty(trainer)
    trainer.phases = tuple(replace(p, repeats=10) if p.name == "D" else p for p in trainer.phases)


def starve(trainer: Trainer, seed: int) -> None:
    """The same with the saturating loss, whose gradient vanishes."""
    outclass(trainer)
    trainer.algorithm.loss = Minimax()


def saturate(trainer: Trainer, seed: int) -> None:
    """See :func:`outclass`."""
    outclass(trainer)


def freeze(trainer: Trainer, seed: int) -> None:
    """Learning rates of nothing."""
    set_rates(trainer, G=0, D=0)


def collapse(trainer: Trainer, seed: int) -> None:
    """D stops, and G goes ten times as fast as at its start to where D likes it best."""
    set_rates(trainer, G=10 * DECAYED, D=0)


def diverge(trainer: Trainer, seed: int) -> None:
    """Both learning rates a hundredfold of what they were at the start."""
    set_rates(trainer, G=100 * DECAYED, D=100 * DECAYED)


def break_layer(trainer: Trainer, seed: int) -> None:
    """Not a number in one weight of one layer; the rule must name that layer."""
    network, _, name = BROKEN[seed % len(BROKEN)].partition(".")
    with torch.no_grad():
        dict(trainer.networks[network].named_parameters())[name].view(-1)[0] = float("nan")


PROVOKED: dict[str, tuple[str, Callable[[Trainer, int], None]]] = {
    "D saturated": ("gan-r1-ring8", saturate),
    "G starved": ("gan-r1-ring8", starve),
    "losses frozen": ("gan-r1-ring8", freeze),
    "collapse": ("gan-r1-ring8", collapse),
    "diverging": ("gan-r1-ring8", diverge),
    "not finite": ("gan-r1-ring8", break_layer),
}


def main() -> None:
    """Measure, print, and with ``--out`` keep."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--only", help="one kind of failure, or one healthy recipe")
    parser.add_argument("--runs", type=Path, help="keep the runs here, and take those that are here already")
    arguments = parser.parse_args()
    actions.sample_picture = actions.critic_picture = lambda *_, **__: b""  # type: ignore[assignment]
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.runs or Path(temporary)
        result = measure(folder, arguments.only, arguments.first_seed)
    print(json.dumps({k: v for k, v in result.items() if isinstance(v, int)}))
    if arguments.out:
        arguments.out.write_text(json.dumps(result, indent=1) + "\n")


def measure(folder: Path, only: str | None, first_seed: int) -> dict[str, Any]:
    """Train what is not in the folder yet, and return what the rules say of it all."""
    seeds = range(first_seed, first_seed + SEEDS)
    provoked = [provoke(folder, kind, seed) for kind in PROVOKED for seed in seeds if only in (None, kind)]
    healthy = [watch(folder, name, seed) for name in HEALTHY for seed in seeds if only in (None, name)]
    counted = [record for record in healthy if record["healthy"]]
    return {
        "machine": {"platform": platform.platform(), "threads": 1},
        "versions": {"ganbench": ganbench.__version__, "torch": torch.__version__},
        "named": sum(record["named"] for record in provoked),
        "failures": len(provoked),
        "false_alarms": sum(bool(record["found"]) for record in counted),
        "healthy": len(counted),
        "provoked": provoked,
        "healthy_runs": healthy,
    }


def provoke(folder: Path, kind: str, seed: int) -> dict[str, Any]:
    """Provoke one failure and return what was found before and after it."""
    name, change = PROVOKED[kind]
    path = folder / f"{kind.replace(' ', '-')}-seed{seed}"
    if not path.exists():
        with changing(lambda trainer: change(trainer, seed)), suppress(RunError):
            train(tiny(name, STEPS), out=path, seed=seed)
    found = told(Run(path))
    in_time = [
        f for f in found if f["rule"] == kind and PROVOKED_AT < f["step"] <= PROVOKED_AT + WITHIN * REPORT
    ]
    layer = BROKEN[seed % len(BROKEN)] if kind == "not finite" else ""
    named = bool(in_time) and layer in in_time[0]["sentence"]
    record = {"kind": kind, "recipe": name, "seed": seed, "layer": layer, "named": named, "found": found}
    print(json.dumps(record), flush=True)
    return record


def watch(folder: Path, name: str, seed: int) -> dict[str, Any]:
    """Train a run that should be healthy and return what the rules said of it all the same."""
    path = folder / f"{name}-seed{seed}"
    if not path.exists():
        train(tiny(name, HEALTHY_STEPS), out=path, seed=seed)
    run = Run(path)
    modes, found = run.events.read("score")[-1]["value"], told(run)
    record = {"recipe": name, "seed": seed, "modes": modes, "healthy": modes >= HEALTHY[name], "found": found}
    print(json.dumps(record), flush=True)
    return record


def told(run: Run) -> list[dict[str, Any]]:
    """Return the rules' findings as JSON can hold them."""
    return [
        {"rule": f.rule, "step": f.first_step, "sentence": f.message}
        for f in diagnose(run.events.read(), run.recipe().schedule.steps)
    ]


def tiny(name: str, steps: int) -> Any:
    """Return the recipe's laptop version, made tiny."""
    recipe = find_recipe(name, "laptop")
    widths = {f"networks.{network}.width": 64 for network in recipe.networks}
    return recipe.override({**TINY, **widths, "schedule.steps": steps})


@contextmanager
def changing(change: Callable[[Trainer], object]) -> Iterator[None]:
    """Change every trainer of the block at the step of the provocation."""
    advance = Trainer.train_step

    def changed(trainer: Trainer) -> None:
        if trainer.step == PROVOKED_AT:
            change(trainer)
        advance(trainer)

    Trainer.train_step = changed  # type: ignore[method-assign]
    try:
        yield
    finally:
        Trainer.train_step = advance  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
