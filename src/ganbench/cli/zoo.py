"""The command ``zoo`` with its subcommands ``list``, ``show``, ``pull`` and ``add``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ganbench.cli.once import OnceCommand
from ganbench.cli.options import (
    JsonOption,
    ModuleOption,
    StepOption,
    WithoutOption,
    import_modules,
    parse_step,
    print_json,
)
from ganbench.errors import UserError

NameArgument = Annotated[str, typer.Argument(help="The name of a model.")]

zoo_app = typer.Typer(
    help="List and download trained models; zoo:NAME is accepted wherever a run is.", no_args_is_help=True
)


@zoo_app.command("list", cls=OnceCommand)
def list_models(as_json: JsonOption = False) -> None:
    """List the trained models, and say which of them are on this machine."""
    from ganbench.zoo.folder import is_available
    from ganbench.zoo.index import zoo_models

    models = zoo_models().values()
    if as_json:
        print_json(
            [{"name": m.name, **m.to_dict(), "bytes": m.size, "available": is_available(m)} for m in models]
        )
        return
    for model in models:
        where = "here" if is_available(model) else "online"
        scores = "  ".join(f"{name} {value:.4g}" for name, value in model.scores.items())
        print(f"zoo:{model.name:32} {model.size / 1e6:5.2f} MB  {where:7} {model.summary}  {scores}".rstrip())


@zoo_app.command("show", cls=OnceCommand)
def show_model(name: NameArgument, as_json: JsonOption = False) -> None:
    """Print what a model draws, its scores and its files."""
    from ganbench.zoo.folder import is_available
    from ganbench.zoo.index import find_model

    model = find_model(name.removeprefix("zoo:"))
    if as_json:
        print_json({"name": model.name, **model.to_dict(), "available": is_available(model)})
        return
    print(f"zoo:{model.name}: {model.summary}")
    print(f"on this machine: {'yes' if is_available(model) else f'no; `ganbench zoo pull {model.name}`'}")
    for score, value in model.scores.items():
        print(f"{score}  {value:.4f}")
    for file in model.files:
        print(f"{file.sha256[:16]}  {file.size:9,} bytes  {file.path}")


@zoo_app.command("pull", cls=OnceCommand)
def pull_model(name: NameArgument) -> None:
    """Download a model into the cache, and print its folder."""
    from ganbench.zoo.folder import pull

    print(pull(name))


@zoo_app.command("add", cls=OnceCommand)
def add_model(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    zoo: Annotated[Path, typer.Option(help="The folder of the zoo; the model's folder is created in it.")],
    name: Annotated[str, typer.Option(help="The model's name: small letters, digits and hyphens.")],
    summary: Annotated[str, typer.Option(help="What it draws, in one sentence.")],
    step: StepOption = None,
    without: WithoutOption = None,
    module: ModuleOption = None,
) -> None:
    """Pack a run into a zoo, with a card, and enter it into the zoo's index.json."""
    from ganbench.export.pack import pack_model
    from ganbench.runs.run import Run
    from ganbench.zoo.index import describe_folder, read_index, require_name, write_index

    path = zoo / "index.json"
    models = read_index(path) if path.exists() else {}
    require_name(name)
    if name in models:
        raise UserError(f"{path} has the model '{name}'; choose another name")
    difference = pack_model(
        Run(run),
        zoo / name,
        f"zoo:{name}",
        summary=summary,
        step=parse_step(step),
        without=without or (),
        trusted=import_modules(module),
    )
    model = describe_folder(zoo / name, summary)
    write_index({**models, name: model}, path)
    print(f"{zoo / name}: {model.size / 1e6:.2f} MB; samples differ by {difference:.3g} from those of {run}")
