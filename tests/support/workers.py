"""Workers of a study that need not import torch again: within this process, or in processes forked from it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import traceback
import warnings
from collections.abc import Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import IO, Any

import pytest

from ganbench.cli.main import main
from ganbench.cli.study_worker import terminate_with_parent
from ganbench.studies.backends import local, worker


class InlineWorker:
    """Runs the command of ``subprocess.Popen(arguments, ...)`` in this process, to its end."""

    def __init__(self, arguments: Sequence[str], *, stdout: IO[str], stderr: IO[str], **_: Any) -> None:
        with (
            pytest.MonkeyPatch.context() as patch,
            contextlib.redirect_stdout(stdout),
            contextlib.redirect_stderr(stderr),
        ):
            patch.setattr(warnings, "showwarning", warnings.showwarning)
            self._code = _exit_code(patch, arguments)

    def poll(self) -> int:
        return self._code

    wait = poll


class ForkedWorker:
    """A process that behaves like ``subprocess.Popen(arguments, ...)``, but starts in milliseconds."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        stdin: int,
        stdout: IO[str],
        stderr: IO[str],
        env: Mapping[str, str],
        process_group: int,
    ) -> None:
        assert stdin < 0, "/dev/null"
        self.pid, self._code = os.fork(), None
        if self.pid == 0:
            code = 1
            try:
                code = self._run(arguments, (stdout.fileno(), stderr.fileno()), env, process_group)
            except BaseException:  # noqa: BLE001 (a child must not return into its parent's test)
                traceback.print_exc()
            os._exit(code)

    @staticmethod
    def _run(
        arguments: Sequence[str], files: tuple[int, int], env: Mapping[str, str], process_group: int
    ) -> int:
        import torch

        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.setpgid(0, process_group)
        for number, file in zip((0, 1, 2), (os.open(os.devnull, os.O_RDONLY), *files), strict=True):
            os.dup2(file, number)
        for name in os.environ.keys() - env.keys():
            del os.environ[name]
        os.environ.update(env)
        torch.set_num_threads(int(env["OMP_NUM_THREADS"]))
        terminate_with_parent(int(arguments[len(worker.WORKER)]))
        with pytest.MonkeyPatch.context() as patch:
            code = _exit_code(patch, arguments)
        sys.stdout.flush()
        sys.stderr.flush()
        return code

    def poll(self) -> int | None:
        return self._code if self._code is not None else self._wait(os.WNOHANG)

    def wait(self) -> int:
        code = self._code if self._code is not None else self._wait(0)
        assert code is not None
        return code

    def terminate(self) -> None:
        os.kill(self.pid, signal.SIGTERM)

    def _wait(self, options: int) -> int | None:
        pid, status = os.waitpid(self.pid, options)
        if pid:
            self._code = os.waitstatus_to_exitcode(status)
        return self._code


@contextlib.contextmanager
def use_workers(kind: type[InlineWorker | ForkedWorker]) -> Iterator[None]:
    """Run the workers of studies in a cheaper way."""
    with pytest.MonkeyPatch.context() as patch:
        stand_in = SimpleNamespace(Popen=kind, DEVNULL=subprocess.DEVNULL)
        patch.setattr(local, "subprocess", stand_in)
        yield


def _exit_code(patch: pytest.MonkeyPatch, arguments: Sequence[str]) -> int:
    """Run a worker's command, without the words for its program and for its parent."""
    patch.setattr(sys, "argv", ["ganbench", *arguments[len(worker.WORKER) + 1 :]])
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(bool(end.code))
    return 0
