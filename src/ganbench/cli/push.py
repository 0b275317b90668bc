"""The command ``push``."""

from __future__ import annotations

from typing import Annotated

import typer

from ganbench.cli.options import (
    ModelArgument,
    ModuleOption,
    StepOption,
    WithoutOption,
    import_modules,
    parse_step,
)


def push(
    run: ModelArgument,
    repo: Annotated[str, typer.Option(help="The repository on the Hugging Face Hub: OWNER/NAME.")],
    private: Annotated[
        bool, typer.Option("--private", help="Make the repository private. An existing one must be.")
    ] = False,
    branch: Annotated[
        str, typer.Option("--revision", help="The branch to commit to. It is made if it is missing.")
    ] = "main",
    message: Annotated[
        str, typer.Option(help="The subject of the commit. Default: the recipe and the step.")
    ] = "",
    summary: Annotated[
        str, typer.Option(help="What the model draws, in one sentence, for its card. Default: the recipe's.")
    ] = "",
    step: StepOption = None,
    without: WithoutOption = None,
    with_paths: Annotated[
        bool,
        typer.Option(
            "--with-paths", help="Publish the model although its records name files of this machine."
        ),
    ] = False,
    module: ModuleOption = None,
) -> None:
    """Publish the model of a run on the Hugging Face Hub, packed and with a card; needs a token (HF_TOKEN).

    It prints hub:OWNER/NAME@COMMIT, which is accepted wherever a run is.
    """
    from ganbench.export.push import push_run
    from ganbench.runs.run import Run

    name = push_run(
        Run(run),
        repo,
        private=private,
        branch=branch,
        message=message,
        summary=summary,
        step=parse_step(step),
        without=without or (),
        with_paths=with_paths,
        trusted=import_modules(module),
    )
    print(name)
