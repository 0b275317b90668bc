"""What a run tells the person who started it: a live line on a terminal, a line per interval elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Protocol

#: Called with the step, the mean terms since the last call, and images per second.
Show = Callable[[int, Mapping[str, float], float], None]


class Console(Protocol):
    """Where progress goes."""

    def progress(self, step: int, steps: int, batch: int) -> AbstractContextManager[Show]:
        """Open a display for a run that is at ``step`` of ``steps``."""

    def note(self, text: str) -> None:
        """Tell something worth knowing."""

    def warn(self, text: str) -> None:
        """Tell something that may surprise."""


class Silent:
    """Says nothing: the library's default."""

    @contextmanager
    def progress(self, step: int, steps: int, batch: int) -> Iterator[Show]:
        """Show nothing."""
        yield lambda step, terms, rate: None

    def note(self, text: str) -> None:
        """Say nothing."""

    def warn(self, text: str) -> None:
        """Say nothing."""


class Lines:
    """One plain line an interval, on standard error: for logs, CI and clusters."""

    @contextmanager
    def progress(self, step: int, steps: int, batch: int) -> Iterator[Show]:
        """Print a line at every call."""

        def show(step: int, terms: Mapping[str, float], rate: float) -> None:
            left = (steps - step) * batch / max(rate, 1e-9)
            _say(f"step {step}/{steps}  {rate:,.0f} images/s  {duration(left)} left  {_terms(terms)}")

        yield show

    def note(self, text: str) -> None:
        """Print the line."""
        _say(text)

    def warn(self, text: str) -> None:
        """Print the line, marked."""
        _say(f"warning: {text}")


class Terminal(Lines):
    """A live progress bar, on a terminal's standard error."""

    @contextmanager
    def progress(self, step: int, steps: int, batch: int) -> Iterator[Show]:
        """Show a bar with steps, images per second, time left and losses."""
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
                    left=f"{duration(left)} left",
                    terms=_terms(terms),
                )

            yield show


def console_for_stderr() -> Console:
    """Return the display that suits where standard error goes; under torchrun only the first process has one."""
    if os.environ.get("RANK", "0") != "0":
        return Silent()
    return Terminal() if sys.stderr.isatty() else Lines()


def duration(seconds: float) -> str:
    """Return a time as ``m:ss`` or ``h:mm:ss``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _say(text: str) -> None:
    """Print on standard error; a run goes on when its reader has gone, as with ``2>&1 | head``."""
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def _terms(terms: Mapping[str, float]) -> str:
    return "  ".join(f"{name} {value:.4g}" for name, value in terms.items())
