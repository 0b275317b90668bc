"""The command ``study``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Optional

import typer

from ganbench.cli.options import (
    JsonOption,
    ModuleOption,
    QuietOption,
    split_names,
    split_numbers,
    split_pairs,
)
from ganbench.cli.study_output import print_comparisons
from ganbench.errors import UserError

_RecipePair = Optional[tuple[str, str]]  # noqa: UP045 (typer needs this form)


def study(
    words: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(metavar="RECIPE|KEY=VALUE", help="Recipes to compare, and overrides for all of them."),
    ] = None,
    seeds: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=1, help="Number of seeds N. Each recipe is trained with the seeds 0 to N-1. Default: 5."
        ),
    ] = None,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--out",
            "-o",
            help="A new study folder, or the folder of a study to continue. Default: runs/study-DATA-BUDGET.",
        ),
    ] = None,
    budget: Annotated[
        Optional[Literal["laptop", "hour", "reference"]],  # noqa: UP045
        typer.Option(
            help="How long to train: laptop (minutes on 2 cores), hour (larger networks; some recipes only), or "
            "reference (as in the paper; the default)."
        ),
    ] = None,
    jobs: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=1,
            help="Number of parallel runs, which share the cores. Default: one per core; on a cluster all, up to 100.",
        ),
    ] = None,
    metrics: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            help="Names of metrics, separated by commas; may be repeated. The first one ranks the recipes. "
            "The default depends on the data."
        ),
    ] = None,
    n: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            "--n", min=1, max=10**9, help="Number of samples to score. The default depends on the metric."
        ),
    ] = None,
    compare: Annotated[
        _RecipePair,
        typer.Option(
            metavar="A B",
            help="Compare these two recipes. Default: all pairs of up to 3 recipes, otherwise the best recipe "
            "with each of the others.",
        ),
    ] = None,
    panel_steps: Annotated[
        str,
        typer.Option(
            help="Steps whose samples the panels show, separated by commas. Default: equal shares of each training."
        ),
    ] = "",
    equalize: Annotated[
        Optional[Literal["images", "cpu-time"]],  # noqa: UP045
        typer.Option(
            help="Train each recipe for as many images, or as much CPU time, as the first one takes with its steps."
        ),
    ] = None,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Train failed runs again.")] = False,
    vectorize: Annotated[
        bool,
        typer.Option(
            "--vectorize",
            help="Train the seeds of a recipe at once in one process, where its networks are fully connected.",
        ),
    ] = False,
    backend: Annotated[
        Optional[Literal["local", "slurm", "ray"]],  # noqa: UP045
        typer.Option(help="Where to train: on this machine (the default), as jobs of Slurm or tasks of Ray."),
    ] = None,
    backend_option: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            metavar="KEY=VALUE",
            help="A setting of the backend, as in partition=short, time=2:00:00, cpus=4; may be repeated.",
        ),
    ] = None,
    max_restarts: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=0,
            help="How often a run that was killed without progress is started again. Default: 5 on a cluster, else 0.",
        ),
    ] = None,
    search: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            metavar="KEY=RANGE",
            help="Search a setting of the one recipe, as in optimizers.G.lr=1e-4..1e-2:log or algorithm.loss=A,B; may "
            "be repeated. The study compares the best trial with the recipe, on seeds that the search has not seen.",
        ),
    ] = None,
    trials: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, help="Number of trials of --search. Default: 20."),
    ] = None,
    search_seeds: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, help="Number of seeds of each trial. Default: 2."),
    ] = None,
    as_json: JsonOption = False,
    module: ModuleOption = None,
    quiet: QuietOption = False,
) -> None:
    """Train recipes with several seeds, score all runs in the same way, and report which recipe is better."""
    from ganbench.recipes.overrides import parse_overrides
    from ganbench.studies.search.search import search_study
    from ganbench.studies.search.settings import SearchOutcome, SearchSettings
    from ganbench.studies.study import study as run_study
    from ganbench.utils.console import console_for_stderr

    words = words or []
    recipes = [word for word in words if "=" not in word]
    options: dict[str, Any] = {
        "seeds": seeds,
        "out": out,
        "budget": budget,
        "jobs": jobs,
        "overrides": parse_overrides([word for word in words if "=" in word]) or None,
        "metrics": split_names(*metrics or ()),
        "n": n,
        "modules": module or (),
        "backend": backend,
        "backend_options": split_pairs(backend_option or (), "--backend-option"),
        "max_restarts": max_restarts,
        "console": console_for_stderr(),
    }
    if search or (out is not None and SearchSettings.read(out) is not None):
        _refuse(panel_steps=panel_steps, retry_failed=retry_failed, equalize=equalize, vectorize=vectorize)
        result = search_study(recipes, search or (), trials=trials, search_seeds=search_seeds, **options)
    else:
        _refuse(trials=trials, search_seeds=search_seeds)
        result = run_study(
            recipes,
            panel_steps=split_numbers(panel_steps, "--panel-steps"),
            retry_failed=retry_failed,
            equalize=equalize,
            vectorize=vectorize,
            **options,
        )
    print_comparisons(result.rows(), compare, None, as_json)
    if not as_json:
        if outcome := SearchOutcome.read(result.path):
            print(outcome.describe())
        print(result.path)


def _refuse(**options: Any) -> None:
    """Raise UserError for an option that does not go with a search, or only with one."""
    for name, value in options.items():
        if value:
            raise UserError(
                f"--{name.replace('_', '-')} does not go with a search"
                if name in ("panel_steps", "retry_failed", "equalize", "vectorize")
                else f"--{name.replace('_', '-')} needs --search KEY=RANGE"
            )
