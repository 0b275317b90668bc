"""The commands that the dashboard starts: ``train`` and ``resume``, each in a process that outlives the server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ganbench.dashboard.sanitize import folder_id, printable
from ganbench.errors import UserError
from ganbench.recipes.base import ALL_BUDGETS
from ganbench.recipes.budget import parse_minutes
from ganbench.recipes.overrides import parse_overrides
from ganbench.recipes.registry import recipe_functions
from ganbench.utils.regular_file import open_regular

LOGS = ".logs"  # below the root; hidden, so that no run is looked for in it
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_ASSIGNMENT = re.compile(r"[A-Za-z][A-Za-z0-9_.]*=[^\0\n]*")
_MAX_OVERRIDES = 100
_MAX_SEED = 2**63 - 1
_TAIL = 4096  # bytes at the end of a log, which hold its last line


@dataclass(frozen=True, kw_only=True)
class TrainRequest:
    """A run to start, as a browser asks for it.

    Attributes:
        recipe: The name of a recipe; no file, whose code would be run.
        name: The name of the new run folder, directly below the root.
        budget: "laptop", "hour", "reference" or a time such as "20m".
        seed: The seed.
        threads: The number of CPU threads.
        overrides: Lines of KEY=VALUE.

    Raises:
        UserError: something is wrong; one sentence says what.
    """

    recipe: str
    name: str
    budget: str
    seed: int
    threads: int
    overrides: str = ""

    def __post_init__(self) -> None:
        if self.recipe not in recipe_functions():
            raise UserError(f"choose a recipe; there is no recipe '{printable(self.recipe, 100)}'")
        if not _NAME.fullmatch(self.name):
            raise UserError(
                "the name of a run has letters, digits, dots and dashes only, and at most 100 of them"
            )
        if self.budget not in ALL_BUDGETS:
            parse_minutes(self.budget)
        if not 0 <= self.seed <= _MAX_SEED:
            raise UserError(f"the seed must be a whole number from 0 to {_MAX_SEED}")
        require_threads(self.threads)
        lines = self.assignments()
        wrong = next((line for line in lines if not _ASSIGNMENT.fullmatch(line)), None)
        if wrong is not None:
            raise UserError(f"'{printable(wrong, 100)}' is not KEY=VALUE, as in optimizers.G.lr=1e-4")
        if len(lines) > _MAX_OVERRIDES:
            raise UserError(f"at most {_MAX_OVERRIDES} overrides can be given here")
        parse_overrides(lines)

    def assignments(self) -> list[str]:
        """Return the overrides."""
        return [line.strip() for line in self.overrides.splitlines() if line.strip()]

    def arguments(self, out: Path) -> list[str]:
        """Return the arguments of the command, in which nothing that a browser sent can be an option."""
        options = ["--budget", self.budget, "--seed", str(self.seed), "--threads", str(self.threads)]
        return ["train", *options, "--out", str(out), "--", self.recipe, *self.assignments()]


def require_threads(threads: int) -> None:
    """Raise UserError unless a process may use as many threads."""
    cores = os.cpu_count() or 1
    if not 1 <= threads <= cores:
        raise UserError(f"the number of threads must be from 1 to {cores}")


@dataclass
class Processes:
    """The processes that this server has started, by the id of their run.

    Attributes:
        root: The folder with the runs.
        names: The names of the runs, by id.
    """

    root: Path
    names: dict[str, str] = field(default_factory=dict)
    _processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def train(self, request: TrainRequest) -> str:
        """Start a run, and return its id. Raises UserError if it exists or its log cannot be written."""
        out = self.root / request.name
        if os.path.lexists(out) or self.is_active(folder_id(Path(request.name))):
            raise UserError(f"there is a run or file '{request.name}' already; choose another name")
        return self._start(out, request.arguments(out))

    def resume(self, folder: Path, threads: int) -> str:
        """Resume a run below the root, and return its id. Raises UserError as :meth:`train` does."""
        require_threads(threads)
        if self.is_active(folder_id(folder.relative_to(self.root))):
            raise UserError("a process that was started here trains this run already")
        return self._start(folder, ["resume", "--threads", str(threads), "--", str(folder)])

    def is_active(self, id_: str) -> bool:
        """Whether a process that was started for this run has not ended."""
        process = self._processes.get(id_)
        return process is not None and process.poll() is None

    def problem(self, id_: str) -> str:
        """Return the last line of a process that ended with an error; empty for a run without one.

        A process that was stopped has saved a checkpoint, which is no error.
        """
        process = self._processes.get(id_)
        if process is None or process.poll() in (None, 0, 130, 143):
            return ""
        return self._last_line(id_) or f"the process ended with code {process.returncode}"

    def failed(self) -> Mapping[str, str]:
        """Return the problems of all processes that ended with an error, by the name of their run."""
        problems = {name: self.problem(id_) for id_, name in self.names.items()}
        return {name: problem for name, problem in problems.items() if problem}

    def starting(self) -> list[str]:
        """Return the names of the runs whose process runs but has not written a run folder yet."""
        return [
            name
            for id_, name in self.names.items()
            if self.is_active(id_) and not (self.root / name / "recipe.json").exists()
        ]

    def _start(self, folder: Path, arguments: Sequence[str]) -> str:
        relative = folder.relative_to(self.root)
        id_ = folder_id(relative)
        log = self.root / LOGS / f"{id_}.txt"
        environment = {k: v for k, v in os.environ.items() if k != "GANBENCH_TOKEN"}
        try:
            log.parent.mkdir(exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
            with open(os.open(log, flags, 0o600), "wb") as output:
                self._processes[id_] = subprocess.Popen(
                    # -P: modules in the current folder must not shadow installed ones.
                    [sys.executable, "-P", "-m", "ganbench", *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    env=environment,
                    start_new_session=True,  # Ctrl-C stops the server, not the runs
                )
        except OSError as error:
            raise UserError(f"the process cannot be started: {error.strerror or error}") from error
        self.names[id_] = relative.as_posix()
        return id_

    def _last_line(self, id_: str) -> str:
        try:
            with open_regular(self.root / LOGS / f"{id_}.txt", follow_links=False) as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
                lines = file.read(_TAIL).decode(errors="replace").split("\n")
        except OSError:
            return ""
        return printable(next((line.strip() for line in reversed(lines) if line.strip()), ""))
