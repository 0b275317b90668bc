"""The command line's ``ganbench data``: list, check and prepare data sets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

data_app = typer.Typer(help="List, check and prepare data sets.", no_args_is_help=True)
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


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
    path: Annotated[Path, typer.Argument(help="A folder of pictures, or an archive.")],
    as_json: JsonOption = False,
) -> None:
    """Report sizes, colour modes, broken and duplicate pictures, class balance."""
    from ganbench.data.check import check

    found = check(path)
    if as_json:
        print_json(found.to_dict())
    else:
        print(found)


@data_app.command("prepare")
def prepare_data(
    source: Annotated[Path, typer.Argument(help="A folder of pictures.")],
    destination: Annotated[Path, typer.Argument(help="The archive to write, FILE.npz.")],
    size: Annotated[int, typer.Option(min=1, help="Height and width in pixels.")] = 64,
    skip_broken: Annotated[bool, typer.Option(help="Leave broken pictures out instead of refusing.")] = False,
) -> None:
    """Pack a folder of pictures into one archive file."""
    from ganbench.data.prepare import prepare

    prepare(source, destination, size=size, on_error="skip" if skip_broken else "refuse")
    print(destination)


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    print(json.dumps(value, indent=1))
