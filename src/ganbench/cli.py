"""The command line: subcommands, one small function each; heavy imports inside them."""

from __future__ import annotations

import json
import os
import sys
import warnings
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from ganbench.cli_data import JsonOption, data_app, print_json
from ganbench.cli_evaluate import evaluate
from ganbench.cli_options import ModuleOption, StepOption, TimeOption, step_of, trust
from ganbench.cli_report import report
from ganbench.cli_study import compare, study
from ganbench.cli_translate import translate
from ganbench.cli_ui import ui
from ganbench.errors import RunError, Stopped, UserError

app = typer.Typer(
    name="ganbench",
    help="A workbench for generative adversarial networks.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(data_app, name="data")

RecipeArgument = Annotated[
    str, typer.Argument(help="A name, a YAML or JSON file, file.py:function, or auto.")
]
RunArgument = Annotated[Path, typer.Argument(help="A run folder.")]
Overrides = Annotated[
    Optional[list[str]],  # noqa: UP045 (typer reads this form)
    typer.Argument(metavar="KEY=VALUE ...", help="Changes, such as optimizers.G.lr=1e-4 data=mnist."),
]


_UsageError: Any = (
    typer.BadParameter.__base__
)  # click's, or the copy that newer releases of typer bring along


def main() -> None:
    """Run the command line; mistakes of the user end with code 2, failures of a run with 3."""
    warnings.showwarning = _show_warning
    code = 0
    try:
        code = app(standalone_mode=False) or 0
    except _UsageError as error:
        if not sys.argv[1:] or sys.argv[1:] == ["data"]:
            error.show()  # the help
            sys.exit(2)
        help_of = error.ctx.command_path if error.ctx else "ganbench"
        _end(f"error: {' '.join(error.format_message().split())} (see `{help_of} -h`)", 2)
    except (typer.Abort, KeyboardInterrupt):
        code = 130
    except UserError as error:
        _end(f"error: {error}", 2)
    except RunError as error:
        _end(f"the run failed: {error}", 3)
    except Stopped as error:
        _end(str(error), 128 + error.signal)
    except BrokenPipeError:  # the reader of our output has gone, as with `| head`
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        _end(f"error: {error.filename or 'a file'}: {error.strerror or error}", 2)
    sys.exit(code)


@app.command()
def recipes(as_json: JsonOption = False) -> None:
    """List the recipes."""
    from ganbench.catalogue import recipe_functions

    made = [function(budget="reference") for function in recipe_functions().values()]
    if as_json:
        print_json([{"name": r.name, "summary": r.summary, "data": r.data.to_dict()} for r in made])
        return
    for recipe in made:
        print(f"{recipe.name:20} {recipe.summary}")


@app.command()
def show(
    recipe: RecipeArgument,
    overrides: Overrides = None,
    budget: TimeOption = None,
    as_json: JsonOption = False,
    module: ModuleOption = None,
) -> None:
    """Print a recipe, resolved, with its papers; of auto, what is chosen for your pictures, and why."""
    import yaml

    from ganbench.recipe import parse_overrides
    from ganbench.resolving import resolve

    found = resolve(recipe, budget, parse_overrides(overrides or []), trust(module))
    written = found.recipe.to_dict()
    for reason in found.reasons:
        print(f"# {reason}", file=sys.stderr if as_json else sys.stdout)
    print(json.dumps(written, indent=1) if as_json else yaml.safe_dump(written, sort_keys=False).rstrip())


@app.command()
def train(
    recipe: RecipeArgument,
    overrides: Overrides = None,
    budget: TimeOption = None,
    seed: Annotated[int, typer.Option(min=0, help="Decides every random number of the run.")] = 0,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="The run folder to make; default runs/RECIPE-seedN."),
    ] = None,
    tensorboard: Annotated[bool, typer.Option(help="Mirror scalars for TensorBoard.")] = False,
    module: ModuleOption = None,
) -> None:
    """Train a recipe in a new run folder; auto is chosen for your pictures (data=folder:PATH)."""
    from ganbench.console import console_for_stderr
    from ganbench.experiment import train as train_recipe
    from ganbench.recipe import parse_overrides

    trusted = trust(module)
    run = train_recipe(
        recipe,
        budget=budget,
        seed=seed,
        out=out,
        overrides=parse_overrides(overrides or []),
        tensorboard=tensorboard,
        console=console_for_stderr(),
        trusted=trusted,
    )
    _print_path(run.path)


@app.command()
def resume(
    run: RunArgument,
    steps: Annotated[Optional[int], typer.Option(min=1, help="Train up to this step.")] = None,  # noqa: UP045
    tensorboard: Annotated[bool, typer.Option(help="Mirror scalars for TensorBoard.")] = False,
    module: ModuleOption = None,
) -> None:
    """Go on with a run from its newest whole checkpoint, exactly as if it had not stopped."""
    from ganbench.console import console_for_stderr
    from ganbench.experiment import resume as resume_run

    trusted = trust(module)
    console = console_for_stderr()
    _print_path(resume_run(run, steps=steps, tensorboard=tensorboard, console=console, trusted=trusted).path)


@app.command()
def sample(
    run: RunArgument,
    out: Annotated[Path, typer.Option(help="FILE.png (a grid), FILE.npz, or a folder for one PNG each.")],
    n: Annotated[int, typer.Option("--n", min=1, help="How many.")] = 64,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    step: StepOption = None,
    class_: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--class", help="Samples of this class (its name or number) only."),
    ] = None,
    picture: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            help="Instead: 'walks' between classes, 'sweeps' of codes, G's 'attention', "
            "'reconstructions' of real items, 'translations', 'directions' of G's first layer (FILE.png)."
        ),
    ] = None,
    interpolate: Annotated[
        bool, typer.Option("--interpolate", help="Instead: ways from each latent to the next (FILE.png).")
    ] = False,
    straight: Annotated[
        bool, typer.Option("--straight", help="Such ways on lines, not on great arcs.")
    ] = False,
    truncation: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(help="Normal noise no further than this from 0: fewer kinds, each more typical."),
    ] = None,
    representations: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            help="Of a run on representations, those of 'real' pictures, on a 'lerp' or 'slerp' between two, "
            "'normal' or 'uniform' random ones, or 'learned' ones."
        ),
    ] = None,
    rows: Annotated[int, typer.Option(min=1, help="Of such pictures; of sweeps, for each code.")] = 5,
    module: ModuleOption = None,
) -> None:
    """Draw samples from a run."""
    from ganbench.model import load
    from ganbench.sampling import (
        check_destination,
        choose_representations,
        picture_named,
        write_interpolations,
        write_picture,
        write_samples,
    )

    check_destination(out)
    if picture is not None and (interpolate or truncation is not None):
        raise UserError(
            f"--picture {picture} goes with neither --interpolate nor --truncation; leave out one or the other"
        )
    if straight and not interpolate:
        raise UserError("--straight says how --interpolate is to go; give both")
    model = load(run, step_of(step), trust(module))
    if representations is not None:
        choose_representations(model, representations)
    if interpolate:
        write_interpolations(model, out, rows, seed, straight=straight, truncation=truncation)
    elif picture is not None:
        write_picture(model, out, picture_named(picture), rows, seed)
    else:
        label = None if class_ is None else model.class_number(class_)
        write_samples(model, out, n, seed, label, truncation)
    print(out)


app.command()(evaluate)
app.command()(translate)
app.command()(study)
app.command()(compare)
app.command()(report)
app.command()(ui)


def _print_path(path: Path) -> None:
    if os.environ.get("RANK", "0") == "0":  # one answer, also under torchrun
        print(path)


def _show_warning(message: Warning | str, category: type[Warning], *where: Any, **_: Any) -> None:
    print(f"warning: {message}", file=sys.stderr)


def _end(message: str, code: int) -> None:
    print(message, file=sys.stderr)
    sys.exit(code)
