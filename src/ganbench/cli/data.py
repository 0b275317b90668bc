"""The command line's ``ganbench data``: list, check and prepare data sets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from ganbench.cli.options import JsonOption, print_json

data_app = typer.Typer(help="List, check and prepare data sets.", no_args_is_help=True)


@data_app.command("list")
def list_data(as_json: JsonOption = False) -> None:
    """List the data sets that have names."""
    from ganbench.data.registry import datasets

    found = {
        name: (function.__doc__ or "").split("\n")[0].replace("``", "")
        for name, function in datasets().items()
    }
    if as_json:
        print_json(found)
        return
    for name, summary in found.items():
        print(f"{name:16} {summary}")


@data_app.command("check")
def check_data(
    path: Annotated[str, typer.Argument(help="A folder of pictures, an archive, or a data set's name.")],
    other: Annotated[
        Optional[Path],  # noqa: UP045 (typer reads this form)
        typer.Argument(help="A second folder or archive: which pictures are in both?"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Report sizes, colour modes, broken and duplicate pictures, class balance; or what train and test share."""
    from ganbench.data.audit import across
    from ganbench.data.audit.check import check
    from ganbench.data.registry import datasets

    if other is None and path in datasets() and not Path(path).exists():
        reports: list[Any] = [across.splits_of(path)]
    elif other is None:
        reports = [check(path)]
    else:
        reports = [check(path), check(other), across.paths(Path(path), other)]
    if as_json:
        found = [report.to_dict() for report in reports]
        print_json(found[0] if other is None else found)
        return
    for report in reports:
        print(report)


@data_app.command("prepare")
def prepare_data(
    source: Annotated[Path, typer.Argument(help="A folder of pictures.")],
    destination: Annotated[Path, typer.Argument(help="The archive to write, FILE.npz.")],
    size: Annotated[int, typer.Option(min=1, help="Height and width in pixels.")] = 64,
    skip_broken: Annotated[bool, typer.Option(help="Leave broken pictures out instead of refusing.")] = False,
) -> None:
    """Pack a folder of pictures into one archive file."""
    from ganbench.data.audit.prepare import prepare

    prepare(source, destination, size=size, on_error="skip" if skip_broken else "refuse")
    print(destination)
