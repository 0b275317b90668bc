"""A study's process ends with its parent, even when that was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from ganbench.cli.study_worker import end_with

PARENT = """
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", '''
import os, sys, time
from ganbench.cli.study_worker import end_with
end_with(int(sys.argv[1]))
print(os.getpid(), flush=True)
time.sleep(120)
''', str(os.getpid())], process_group=0)
child.wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of its parent's end")
def test_killed_with_its_parent() -> None:
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
    lives_on = _alive(child)
    if lives_on:
        os.kill(child, signal.SIGKILL)
    assert not lives_on


def _alive(number: int) -> bool:
    try:
        with open(f"/proc/{number}/stat") as file:
            return file.read().split(")")[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_an_orphan_does_not_begin() -> None:
    with pytest.raises(SystemExit) as end:
        end_with(os.getppid() + 1)
    assert end.value.code == 128 + signal.SIGTERM
