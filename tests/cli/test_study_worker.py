"""A study's worker process ends with its parent, even if the parent was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from ganbench.cli.study_worker import terminate_with_parent

PARENT = """
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", '''
import os, sys, time
from ganbench.cli.study_worker import terminate_with_parent
terminate_with_parent(int(sys.argv[1]))
print(os.getpid(), flush=True)
time.sleep(120)
''', str(os.getpid())], process_group=0)
child.wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux signals the end of a parent process")
def test_the_worker_ends_when_its_parent_is_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    os.kill(child, 0)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    end = time.monotonic() + 20
    while _alive(child) and time.monotonic() < end:
        time.sleep(0.05)
    still_alive = _alive(child)
    if still_alive:
        os.kill(child, signal.SIGKILL)
    assert not still_alive


def _alive(number: int) -> bool:
    try:
        with open(f"/proc/{number}/stat") as file:
            return file.read().split(")")[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_an_orphan_exits_at_once() -> None:
    with pytest.raises(SystemExit) as end:
        terminate_with_parent(os.getppid() + 1)
    assert end.value.code == 128 + signal.SIGTERM


def test_on_windows_the_parent_may_be_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit):
        terminate_with_parent(os.getppid() + 1)
    monkeypatch.setattr(sys, "platform", "win32")
    terminate_with_parent(os.getppid() + 1)
