"""The command ``evaluate``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Optional

import typer

from ganbench.cli.options import (
    JsonOption,
    ModelDeviceOption,
    ModuleOption,
    QuietOption,
    ThreadsOption,
    import_modules,
    parse_step,
    print_json,
    split_names,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ganbench.metrics.score import Score


def evaluate(
    source: Annotated[
        str,
        typer.Argument(
            metavar="RUN|IMAGES", help="A run folder, an image folder, an archive, or the name of a data set."
        ),
    ],
    against: Annotated[
        Optional[str],  # noqa: UP045 (typer needs this form)
        typer.Option(
            help="What to compare with: a run, an image folder, an archive or a data set. Default: the run's data."
        ),
    ] = None,
    protocol: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            help="Follow a published evaluation protocol: gans-implementations, mimicry, studiogan or clean. "
            "Sets the metrics, the features, the number of samples and the split."
        ),
    ] = None,
    metrics: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            help="Names of metrics, separated by commas, such as fd,pr; may be repeated. FID is fd with "
            "--features inception. The default depends on the data."
        ),
    ] = None,
    features: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="The feature extractor for image metrics. Default: efficientnet-lite0."),
    ] = None,
    n: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--n", min=1, max=10**9, help="Number of samples. The default depends on the metric."),
    ] = None,
    split: Annotated[
        Optional[Literal["train", "test"]],  # noqa: UP045
        typer.Option(
            help="Which split of the data set to compare with. Default: the split that the run was trained on; "
            "if there is no run, 'train'."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the samples.")] = 1,
    step: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            help="The checkpoint to use: a step number, 'best', or 'both' (best and last). Default: the newest."
        ),
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Use the weights as trained instead of their moving average (EMA).")
    ] = False,
    allow_rank_deficient: Annotated[
        bool,
        typer.Option(
            "--allow-rank-deficient",
            help="Allow fewer samples than the features have dimensions. The score is then mostly bias.",
        ),
    ] = False,
    device: ModelDeviceOption = "cpu",
    threads: ThreadsOption = None,
    held_out: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            help="Real images that were not used for training, for metrics that need some, such as memorization. "
            "Default: the data set's other split."
        ),
    ] = None,
    gallery: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            help="Write FILE.png with the images that illustrate a score, such as memorization. "
            "For a run, such images are always saved in eval/."
        ),
    ] = None,
    as_json: JsonOption = False,
    module: ModuleOption = None,
    quiet: QuietOption = False,
) -> None:
    """Score a run or images against a data set, other images or another run."""
    from ganbench.evaluation.evaluate import evaluate as evaluate_source
    from ganbench.evaluation.result_files import UnsavedScoresError, check_gallery, write_gallery
    from ganbench.training.engine import Engine
    from ganbench.training.settings import Machine

    trusted = import_modules(module)
    if gallery is not None:
        check_gallery(gallery)
    try:
        with Engine(Machine(device=device, threads=threads)) as engine:  # threads and memory as in training
            scores = evaluate_source(
                source,
                against=against,
                protocol=protocol,
                metrics=split_names(*metrics or ()),
                features=features,
                n=n,
                split=split,
                step=parse_step(step, "both"),
                seed=seed,
                weights="live" if live else "averaged",
                allow_rank_deficient=allow_rank_deficient,
                trusted=trusted,
                held_out=held_out,
                device=device,
                engine=engine,
            )
            is_main_process = engine.is_main_process
    except UnsavedScoresError as error:
        _print_scores(error.scores, as_json)
        raise
    if not is_main_process:
        return
    _print_scores(scores, as_json)
    if gallery is not None:
        write_gallery(gallery, scores)


def _print_scores(scores: Sequence[Score], as_json: bool) -> None:
    for warning in dict.fromkeys(
        score.measured["warning"] for score in scores if "warning" in score.measured
    ):
        print(f"warning: {warning}", file=sys.stderr)
    if as_json:
        print_json([score.to_dict() for score in scores])
        return
    for score in scores:
        print(f"{score.name}  {score.value:.4f}  ({score.better} is better)")
        for name, value in [*score.details.items(), *score.measured.items()]:
            print(f"  {name}: {json.dumps(value)}")
    for score in scores:
        if "verdict" in score.details:  # printed last, where it is noticed
            print(score.details["verdict"])
