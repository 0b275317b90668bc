"""Show a run's progress: a live bar on a terminal, one line per interval elsewhere."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Protocol

LINE_SECONDS = 10.0  # between lines without loss terms
QUIET = "GANBENCH_QUIET"  # the environment variable that silences all but warnings

#: Called with the step, the mean loss terms since the last call that had some, and images per second. Between two
#: entries of the log there are none.
ShowProgress = Callable[[int, Mapping[str, float], float], None]


class Console(Protocol):
    """Shows progress, notes and warnings."""

    def progress(self, step: int, steps: int, batch: int) -> AbstractContextManager[ShowProgress]:
        """Open a display for a run at ``step`` of ``steps``, with ``batch`` images per step."""

    def note(self, text: str) -> None:
        """Print a piece of information."""

    def warn(self, text: str) -> None:
        """Print a warning."""


class SilentConsole:
    """Prints nothing: the library's default."""

    @contextmanager
    def progress(self, step: int, steps: int, batch: int) -> Iterator[ShowProgress]:
        """Show nothing."""
        yield lambda step, terms, rate: None

    def note(self, text: str) -> None:
        """Print nothing."""

    def warn(self, text: str) -> None:
        """Print nothing."""


class QuietConsole(SilentConsole):
    """Prints warnings only, on standard error."""

    def warn(self, text: str) -> None:
        """Print the line, prefixed with "warning:"."""
        _print(f"warning: {text}")


class LineConsole:
    """Prints one plain line per interval on standard error: for logs, CI and clusters.

    Args:
        clock: Returns the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock

    @contextmanager
    def progress(self, step: int, steps: int, batch: int) -> Iterator[ShowProgress]:
        """Print a line at every call with loss terms, and after ten seconds without a line."""
        last = self._clock()

        def show(step: int, terms: Mapping[str, float], rate: float) -> None:
            nonlocal last
            if not terms and self._clock() - last < LINE_SECONDS:
                return
            last = self._clock()
            left = (steps - step) * batch / max(rate, 1e-9)
            speed = f"step {step}/{steps}  {format_rate(rate)} images/s  {format_duration(left)} left"
            _print(f"{speed}  {_format_terms(terms)}" if terms else speed)

        yield show

    def note(self, text: str) -> None:
        """Print the line."""
        _print(text)

    def warn(self, text: str) -> None:
        """Print the line, prefixed with "warning:"."""
        _print(f"warning: {text}")


class TerminalConsole(LineConsole):
    """Shows a live progress bar on a terminal's standard error."""

    @contextmanager
    def progress(self, step: int, steps: int, batch: int) -> Iterator[ShowProgress]:
        """Show a bar with steps, images per second, time left and loss terms."""
        from rich import progress
        from rich.console import Console as RichConsole
        from rich.table import Column

        def whole(text: str) -> Column:
            """Return a column with room for the text; on a narrow terminal the terms are cut instead."""
            return Column(min_width=len(text), no_wrap=True)

        columns = (
            progress.BarColumn(bar_width=24),
            progress.MofNCompleteColumn(table_column=whole(f"{steps}/{steps}")),
            progress.TextColumn("{task.fields[rate]}", table_column=whole("9,999 images/s")),
            progress.TextColumn("{task.fields[left]}", table_column=whole("99:59 left")),
            progress.TextColumn("[dim]{task.fields[terms]}"),
        )
        with progress.Progress(*columns, console=RichConsole(stderr=True)) as bar:
            task = bar.add_task("", total=steps, completed=step, rate="", left="", terms="starting")

            def show(step: int, terms: Mapping[str, float], rate: float) -> None:
                left = (steps - step) * batch / max(rate, 1e-9)
                bar.update(
                    task,
                    completed=step,
                    rate=f"{format_rate(rate)} images/s",
                    left=f"{format_duration(left)} left",
                    terms=_format_terms(terms) if terms else bar.tasks[task].fields["terms"],
                )

            yield show


def console_for_stderr() -> Console:
    """Return a console that suits standard error; under torchrun, all processes but the first are silent.

    With ``GANBENCH_QUIET=1`` in the environment it prints warnings only.
    """
    if os.environ.get("RANK", "0") != "0":
        return SilentConsole()
    if os.environ.get(QUIET, "0") not in ("", "0"):
        return QuietConsole()
    return TerminalConsole() if sys.stderr.isatty() else LineConsole()


def format_rate(rate: float) -> str:
    """Return images per second, with a digit behind the point for slow steps."""
    return f"{rate:,.0f}" if rate >= 10 or rate == 0 else f"{rate:.2g}"


def format_duration(seconds: float) -> str:
    """Return a time as ``m:ss`` or ``h:mm:ss``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _print(text: str) -> None:
    """Print on standard error. A closed pipe, as with ``2>&1 | head``, does not stop the run."""
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def _format_terms(terms: Mapping[str, float]) -> str:
    return "  ".join(f"{name} {value:.4g}" for name, value in terms.items())
