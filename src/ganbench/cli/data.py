"""The command ``data`` with its subcommands ``list``, ``check``, ``prepare`` and ``index``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Optional

import typer

from ganbench.cli.once import OnceCommand
from ganbench.cli.options import JsonOption, ModuleOption, import_modules, print_json
from ganbench.errors import UserError

_STATES = {
    "built in": "built in",
    "here": "on this machine",
    "download": "downloaded when first used",
    "missing": "not on this machine",
    "path": "from your files: {name}:PATH",
}

SkipBroken = Annotated[bool, typer.Option(help="Skip broken images instead of failing.")]
JobsOption = Annotated[
    Optional[int],  # noqa: UP045 (typer needs this form)
    typer.Option(min=1, help="Processes for shards (default: one for each core)."),
]

data_app = typer.Typer(help="List, check, prepare and index data sets.", no_args_is_help=True)


@data_app.command("list", cls=OnceCommand)
def list_data(as_json: JsonOption = False, module: ModuleOption = None) -> None:
    """List the data sets, and say which of them are on this machine."""
    from ganbench.data.registry import datasets, locate

    rows = []
    folders: dict[str, list[str]] = {}
    for name, function in datasets(import_modules(module)).items():
        state, path = locate(function)
        summary = (function.__doc__ or "").split("\n")[0].replace("`", "")
        where = None if path is None else str(path)
        rows.append({"name": name, "state": state, "path": where, "summary": summary})
        if where is not None:
            folders.setdefault(where, []).append(name)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        print(f"{row['name']:15} {_STATES[str(row['state'])].format(**row):30} {row['summary']}")
    for where, names in folders.items():
        print(f"{', '.join(names)}: {where}")
    if any(row["state"] == "missing" for row in rows):
        print("A set that is not on this machine names the files that it needs: ganbench data check NAME")


@data_app.command("check", cls=OnceCommand)
def check_data(
    path: Annotated[str, typer.Argument(help="An image folder, an archive, or the name of a data set.")],
    other: Annotated[
        Optional[Path],  # noqa: UP045 (typer needs this form)
        typer.Argument(help="A second folder or archive: also report the images that occur in both."),
    ] = None,
    as_json: JsonOption = False,
    module: ModuleOption = None,
) -> None:
    """Report image sizes, colour modes, broken and duplicate images, and class balance.

    Exit with code 2 if some images are broken, or if there are too few to train on. For a named data set, report the
    images that occur in both its training and its test split.
    """
    from ganbench.auto.choose import require_enough
    from ganbench.data.audit import overlap
    from ganbench.data.audit.check import DatasetReport, check
    from ganbench.data.registry import datasets

    trusted = import_modules(module)
    if other is None and path in datasets(trusted) and not Path(path).exists():
        reports: list[Any] = [overlap.compare_splits(path, trusted)]
    elif other is None:
        reports = [check(path)]
    else:
        reports = [check(path), check(other), overlap.compare_paths(Path(path), other)]
    if as_json:
        records = [report.to_dict() for report in reports]
        print_json(records[0] if other is None else records)
    else:
        for report in reports:
            print(report)
    if other is None and isinstance(reports[0], DatasetReport):
        require_enough(reports[0].pictures, path)
    if not all(getattr(report, "all_readable", True) for report in reports):
        raise typer.Exit(2)  # training would refuse it


@data_app.command("prepare", cls=OnceCommand)
def prepare_data(
    source: Annotated[
        str, typer.Argument(help="A folder of images; with --shards also a data set by name, as mnist.")
    ],
    destination: Annotated[
        Path, typer.Argument(help="The archive to write, FILE.npz; with --shards, the folder to write.")
    ],
    size: Annotated[
        Optional[int],  # noqa: UP045 (typer needs this form)
        typer.Option(min=1, help="Height and width of a folder's images in pixels (default: 64)."),
    ] = None,
    skip_broken: SkipBroken = False,
    shards: Annotated[
        bool, typer.Option("--shards", help="Write tar shards with an index, for sets beyond memory.")
    ] = False,
    per_shard: Annotated[
        Optional[int],  # noqa: UP045 (typer needs this form)
        typer.Option(min=1, help="Images in each shard (default: 10,000)."),
    ] = None,
    split: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="The split of a named data set, with --shards."),
    ] = None,
    jobs: JobsOption = None,
    module: ModuleOption = None,
) -> None:
    """Pack a folder of images into one archive file or, with --shards, into tar shards of a folder."""
    on_error: Literal["skip", "refuse"] = "skip" if skip_broken else "refuse"
    if not shards:
        _refuse(split=split, per_shard=per_shard, jobs=jobs, module=module)
        from ganbench.data.audit.prepare import prepare

        prepare(source, destination, size=64 if size is None else size, on_error=on_error)
        print(destination)
        return
    from ganbench.data.audit.prepare_shards import prepare_shards
    from ganbench.utils.cores import usable_cores

    header = prepare_shards(
        source,
        destination,
        size,
        split=split,
        items_per_shard=per_shard or 10_000,
        jobs=jobs or usable_cores(),
        on_error=on_error,
        trusted=import_modules(module),
    )
    print(f"{destination}: {header.items:,} images in {len(header.shards):,} shards")


def _refuse(**options: Any) -> None:
    """Raise UserError for an option that only goes with shards."""
    for name, value in options.items():
        if value:
            raise UserError(f"--{name.replace('_', '-')} needs --shards")


@data_app.command("index", cls=OnceCommand)
def index_data(
    folder: Annotated[Path, typer.Argument(help="A folder of tar files, as WebDataset writes them.")],
    skip_broken: SkipBroken = False,
    jobs: JobsOption = None,
) -> None:
    """Write the index that data=shards:FOLDER needs, after reading every image; the tar files stay as they are."""
    from ganbench.data.audit.prepare_shards import index_shards
    from ganbench.utils.cores import usable_cores

    header = index_shards(folder, jobs=jobs or usable_cores(), on_error="skip" if skip_broken else "refuse")
    print(f"{folder}: {header.items:,} images in {len(header.shards):,} shards")
