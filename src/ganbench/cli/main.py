"""The entry point of the command line: registers the commands, and reports errors as one line and an exit code."""

from __future__ import annotations

import importlib.metadata
import io
import sys
import warnings
from typing import Annotated, Any

import typer

from ganbench.cli.compare import compare
from ganbench.cli.control import change, stop
from ganbench.cli.dashboard import ui
from ganbench.cli.data import data_app
from ganbench.cli.evaluate import evaluate
from ganbench.cli.export import export
from ganbench.cli.invert import invert
from ganbench.cli.once import OnceCommand
from ganbench.cli.plan import plan
from ganbench.cli.playground import playground
from ganbench.cli.push import push
from ganbench.cli.recipes import recipes
from ganbench.cli.report import report
from ganbench.cli.resume import resume
from ganbench.cli.sample import sample
from ganbench.cli.schema import schema
from ganbench.cli.serve import serve
from ganbench.cli.show import show
from ganbench.cli.study import study
from ganbench.cli.train import train
from ganbench.cli.translate import translate
from ganbench.cli.zoo import zoo_app
from ganbench.errors import RunError, Stopped, UserError
from ganbench.utils.error_text import describe_error, one_line
from ganbench.utils.openmp import wait_passively

app = typer.Typer(
    name="ganbench",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(requested: bool) -> None:
    if requested:
        print(f"ganbench {importlib.metadata.version('ganbench')}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    """A workbench for generative adversarial networks."""


for command in (
    recipes,
    show,
    schema,
    train,
    resume,
    stop,
    change,
    sample,
    evaluate,
    translate,
    invert,
    study,
    compare,
    plan,
    report,
    export,
    push,
    serve,
    playground,
    ui,
):
    app.command(cls=OnceCommand)(command)
app.add_typer(data_app, name="data")
app.add_typer(zoo_app, name="zoo")

# Click's UsageError. Newer typer releases bundle a copy of click, so it cannot be imported from click itself.
_UsageError: Any = typer.BadParameter.__base__


def main() -> None:
    """Run the command line, then exit.

    Exit codes: 0 for success, 2 for a user error, 3 for a failed run, 130 for Ctrl-C, and 128 + n for a run stopped by
    signal n.
    """
    wait_passively()
    warnings.showwarning = _show_warning
    for stream in (
        sys.stdout,
        sys.stderr,
    ):  # a terminal that cannot show a letter gets an escape such as \\xe9
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    code = 0
    try:
        code = app(standalone_mode=False) or 0
    except _UsageError as error:
        if not sys.argv[1:] or sys.argv[1:] == ["data"]:
            error.show()  # without a subcommand, typer raises a usage error that shows the help
            sys.exit(2)
        command_path = error.ctx.command_path if error.ctx else "ganbench"
        _exit(f"error: {' '.join(error.format_message().split())} (see `{command_path} -h`)", 2)
    except (typer.Abort, KeyboardInterrupt):
        code = 130
    except UserError as error:
        _exit(f"error: {error}", 2)
    except RunError as error:
        _exit(f"the run failed: {error}", 3)
    except Stopped as error:
        _exit(str(error), 128 + error.signal)
    except MemoryError as error:
        _exit(f"error: there is not enough memory: {error or 'try smaller numbers'}", 2)
    except RuntimeError as error:
        if "memory" not in str(error) and "storage" not in str(error):
            raise
        _exit(f"error: there is not enough memory: {describe_error(error)}", 2)
    except BrokenPipeError:  # the reader of our output has closed the pipe, as in `| head`
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        _exit(f"error: {error.filename or 'the output or a file'}: {error.strerror or error}", 2)
    sys.exit(code)


def _show_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    print(f"warning: {message}", file=sys.stderr)


def _exit(message: str, code: int) -> None:
    print(one_line(message), file=sys.stderr)
    sys.exit(code)
