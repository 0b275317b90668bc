"""The command line's ``ganbench evaluate``: a score, and how it was measured."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Literal, Optional

import typer

from ganbench.cli.options import JsonOption, ModuleOption, print_json, step_of, trust


def evaluate(
    source: Annotated[str, typer.Argument(metavar="RUN|IMAGES", help="A run, folder, archive or data set.")],
    against: Annotated[
        Optional[str],  # noqa: UP045 (typer reads this form)
        typer.Option(help="A run, folder, archive or data set to compare with; default the run's own data."),
    ] = None,
    protocol: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            help="Measure as published tables do: gans-implementations, mimicry, studiogan or clean. "
            "Fixes metrics, features, number of samples and split."
        ),
    ] = None,
    metrics: Annotated[
        str, typer.Option(help="Metrics by name, with commas; default what suits the data.")
    ] = "",
    features: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="The feature network; default efficientnet-lite0."),
    ] = None,
    n: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--n", min=1, help="How many samples; default the metric's own."),
    ] = None,
    split: Annotated[
        Optional[Literal["train", "test"]],  # noqa: UP045
        typer.Option(
            help="Of the data set that is compared with; default the one it was trained on, or train."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the samples.")] = 1,
    step: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Which checkpoint: a step, 'best', or 'both' (best and last); default the newest."),
    ] = None,
    live: Annotated[bool, typer.Option("--live", help="The live weights, not their moving average.")] = False,
    allow_rank_deficient: Annotated[
        bool,
        typer.Option("--allow-rank-deficient", help="Fewer samples than feature dimensions: mostly bias."),
    ] = False,
    threads: Annotated[Optional[int], typer.Option(min=1, help="Default: as many as cores.")] = None,  # noqa: UP045
    held_out: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Real pictures that were not trained on; default the data's other split."),
    ] = None,
    gallery: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="FILE.png for the pictures that go with a score; a run's are in its eval/ too."),
    ] = None,
    as_json: JsonOption = False,
    module: ModuleOption = None,
) -> None:
    """Score a run or pictures against a data set, other pictures or another run."""
    from ganbench.evaluation.evaluate import evaluate as evaluate_source
    from ganbench.evaluation.result_files import check_gallery, write_gallery
    from ganbench.training.engine import Engine
    from ganbench.training.settings import Machine

    trusted = trust(module)
    if gallery is not None:
        check_gallery(gallery)
    Engine(Machine(threads=threads))  # threads and memory as in training
    scores = evaluate_source(
        source,
        against=against,
        protocol=protocol,
        metrics=[name.strip() for name in metrics.split(",") if name.strip()],
        features=features,
        n=n,
        split=split,
        step=step_of(step, "both"),
        seed=seed,
        weights="live" if live else "averaged",
        allow_rank_deficient=allow_rank_deficient,
        trusted=trusted,
        held_out=held_out,
    )
    if gallery is not None:
        write_gallery(gallery, scores)
    for warning in dict.fromkeys(
        score.measured["warning"] for score in scores if "warning" in score.measured
    ):
        print(f"warning: {warning}", file=sys.stderr)
    if as_json:
        print_json([score.to_dict() for score in scores])
        return
    for score in scores:
        print(f"{score.name}  {score.value:.4f}  ({score.better} is better)")
        for name, value in {**score.details, **score.measured}.items():
            print(f"  {name}: {json.dumps(value)}")
    for score in scores:
        if "verdict" in score.details:  # last, where it is seen
            print(score.details["verdict"])
