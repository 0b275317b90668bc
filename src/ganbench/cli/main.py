"""The command line: gathers the commands, and turns errors into one sentence and an exit code."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import typer

from ganbench.cli.dashboard import ui
from ganbench.cli.data import data_app
from ganbench.cli.evaluate import evaluate
from ganbench.cli.recipes import recipes, show
from ganbench.cli.report import report
from ganbench.cli.sample import sample
from ganbench.cli.study import compare, study
from ganbench.cli.train import resume, train
from ganbench.cli.translate import translate
from ganbench.errors import RunError, Stopped, UserError

app = typer.Typer(
    name="ganbench",
    help="A workbench for generative adversarial networks.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(data_app, name="data")

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


app.command()(recipes)
app.command()(show)
app.command()(train)
app.command()(resume)
app.command()(sample)
app.command()(evaluate)
app.command()(translate)
app.command()(study)
app.command()(compare)
app.command()(report)
app.command()(ui)


def _show_warning(message: Warning | str, category: type[Warning], *where: Any, **_: Any) -> None:
    print(f"warning: {message}", file=sys.stderr)


def _end(message: str, code: int) -> None:
    print(message, file=sys.stderr)
    sys.exit(code)
