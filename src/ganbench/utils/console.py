"""Show a run's progress: a live bar on a terminal, one line per interval elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Protocol

#: Called with the step, the mean loss terms since the last call, and images per second.
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


class LineConsole:
    """Prints one plain line per interval on standard error: for logs, CI and clusters."""

    @contextmanager
    def progress(self, step: int, steps: int, batch: int) -> Iterator[ShowProgress]:
        """Print a line at every call of the returned function."""

        def show(step: int, terms: Mapping[str, float], rate: float) -> None:
            left = (steps - step) * batch / max(rate, 1e-9)
            _print(
                f"step {step}/{steps}  {rate:,.0f} images/s  {format_duration(left)} left  {_format_terms(terms)}"
            )

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

        columns = (
            progress.BarColumn(bar_width=24),
            progress.MofNCompleteColumn(),
            progress.TextColumn("{task.fields[rate]}"),
            progress.TextColumn("{task.fields[left]}"),
            progress.TextColumn("[dim]{task.fields[terms]}"),
        )
        with progress.Progress(*columns, console=RichConsole(stderr=True)) as bar:
            task = bar.add_task("", total=steps, completed=step, rate="", left="", terms="starting")

            def show(step: int, terms: Mapping[str, float], rate: float) -> None:
                left = (steps - step) * batch / max(rate, 1e-9)
                bar.update(
                    task,
                    completed=step,
                    rate=f"{rate:,.0f} images/s",
                    left=f"{format_duration(left)} left",
                    terms=_format_terms(terms),
                )

            yield show


def console_for_stderr() -> Console:
    """Return a console that suits standard error; under torchrun, all processes but the first are silent."""
    if os.environ.get("RANK", "0") != "0":
        return SilentConsole()
    return TerminalConsole() if sys.stderr.isatty() else LineConsole()


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
