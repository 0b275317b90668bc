"""The command ``compare``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from ganbench.cli.options import JsonOption
from ganbench.cli.study_output import print_comparisons, print_incomparable
from ganbench.errors import UserError


def compare(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN|FILE|STUDY [A B]",
            help="Run folders, score files (eval/*.json), or a study folder and optionally two of its recipes.",
        ),
    ],
    by: Annotated[
        Optional[str],  # noqa: UP045 (typer needs this form)
        typer.Option(
            help="Compare by one of the score's details, such as high_quality, instead of the score itself."
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Do not refuse scores that were measured differently, but list them in a marked table.",
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Compare runs, score files or the recipes of a study, and say how certain each difference is.

    Scores that were measured differently are refused.
    """
    from ganbench.studies.ad_hoc import load_rows
    from ganbench.studies.study import Study

    if (Path(sources[0]) / "study.json").is_file():
        if len(sources) not in (1, 3):
            raise UserError("after a study, name two of its recipes, or none to compare all of them")
        pair = (sources[1], sources[2]) if len(sources) == 3 else None
        rows = Study(sources[0]).rows()
    else:
        pair, rows = None, load_rows(sources)
    selected = [row for row in rows if pair is None or row.recipe in pair]
    if not (force and print_incomparable(selected, as_json)):
        print_comparisons(rows, pair, by, as_json)
