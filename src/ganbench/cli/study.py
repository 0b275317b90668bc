"""The command line's ``ganbench study`` and ``ganbench compare``: recipes over seeds, and what can be said of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional

import typer

from ganbench.cli.options import JsonOption, ModuleOption, print_json
from ganbench.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ganbench.studies.rows import Row

_Pair = Optional[tuple[str, str]]  # noqa: UP045 (typer reads this form)
ByOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(help="Compare by another number than the score, such as high_quality."),
]


def study(
    words: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(metavar="RECIPE... [KEY=VALUE ...]", help="Recipes, and changes to all of them."),
    ] = None,
    seeds: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, help="Train with the seeds 0 to N-1; default 5."),
    ] = None,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="The study folder, new or to go on with; default studies/DATA-BUDGET."),
    ] = None,
    budget: Annotated[
        Optional[Literal["laptop", "hour", "reference"]],  # noqa: UP045
        typer.Option(help="How much to compute: minutes on 2 cores, an hour, or the paper's (default)."),
    ] = None,
    jobs: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, help="Runs side by side, which share the cores; default one for each core."),
    ] = None,
    metrics: Annotated[
        str,
        typer.Option(help="Metrics by name, with commas, the first one ranks; default what suits the data."),
    ] = "",
    n: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--n", min=1, help="How many samples to score; default the metric's own."),
    ] = None,
    compare: Annotated[
        _Pair, typer.Option(metavar="A B", help="Compare these two; default the best with each other.")
    ] = None,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Try failed runs again.")] = False,
    as_json: JsonOption = False,
    module: ModuleOption = None,
) -> None:
    """Train recipes over several seeds, score them alike, and say which is better."""
    from ganbench.recipes.base import parse_overrides
    from ganbench.studies.study import study as run_study
    from ganbench.utils.console import console_for_stderr

    words = words or []
    made = run_study(
        [word for word in words if "=" not in word],
        seeds=seeds,
        out=out,
        budget=budget,
        jobs=jobs,
        overrides=parse_overrides([word for word in words if "=" in word]) or None,
        metrics=[name.strip() for name in metrics.split(",") if name.strip()],
        n=n,
        modules=module or (),
        retry_failed=retry_failed,
        console=console_for_stderr(),
    )
    _tell(made.rows(), compare, None, as_json)
    if not as_json:
        print(made.path)


def compare(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN...|RECORD...|STUDY [A B]",
            help="Runs, records of scores (eval/*.json), or a study and two of its recipes.",
        ),
    ],
    by: ByOption = None,
    force: Annotated[
        bool, typer.Option("--force", help="Show unlike scores side by side, in a table marked as unlike.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Compare runs, records or a study's recipes, with statistics; unlike scores are refused."""
    from ganbench.studies.ad_hoc import rows_of
    from ganbench.studies.study import Study

    if (Path(sources[0]) / "study.json").is_file():
        if len(sources) not in (1, 3):
            raise UserError("after a study name two of its recipes, or none for the whole table")
        pair = (sources[1], sources[2]) if len(sources) == 3 else None
        rows = Study(sources[0]).rows()
    else:
        pair, rows = None, rows_of(sources)
    shown = [row for row in rows if pair is None or row.recipe in pair]
    if not (force and _tell_unlike(shown, as_json)):
        _tell(rows, pair, by, as_json)


def _tell_unlike(rows: Sequence[Row], as_json: bool) -> bool:
    """Print scores that were measured differently, marked; say whether there are any."""
    from ganbench.studies.incomparable import as_rich, incomparable_fields, incomparable_records, mark

    fields = incomparable_fields(rows)
    if not fields:
        return False
    records = incomparable_records(rows, fields)
    if as_json:
        print_json({"unlike": fields, "mark": mark(fields), "scores": records})
    else:
        _print_table(as_rich(records, fields))
    return True


def _tell(rows: Sequence[Row], pair: tuple[str, str] | None, by: str | None, as_json: bool) -> None:
    """Print the table of recipes, which runs failed, and the comparisons."""
    from ganbench.studies.study import comparisons
    from ganbench.studies.summary import compare_recipes, summaries, usual_pairs
    from ganbench.studies.table import as_rich

    found = summaries(rows)
    if pair:
        compare_recipes(rows, *pair, by)  # says what is missing
    compared = comparisons(rows, [pair] if pair else usual_pairs(found), by)
    if as_json:
        print_json({"summary": [summary.to_dict() for summary in found], "comparisons": compared})
        return
    _print_table(as_rich(found))
    for row in rows:
        if row.status == "failed":
            print(f"{row.recipe} seed {row.seed} failed after step {row.step}: {row.error}")
    for one in compared:
        print(one["sentence"])


def _print_table(table: Any) -> None:
    """Print a table; where nobody watches, as wide as it is."""
    import sys

    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else 200).print(table)
