"""Stand-ins for ``sbatch``, ``squeue`` and ``scancel`` that run jobs as processes of this machine, without a queue.

They need Linux, whose /proc tells a process that has ended from one that runs.
"""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

_SBATCH = """#!/bin/sh
state={state}
for word; do case $word in --job-name=*) name=${{word#*=}};; --output=*) out=${{word#*=}};; esac; done
echo "$@" >> $state/sbatch.log
[ -e $state/refuse ] && {{ echo "sbatch: error: too many jobs" >&2; exit 1; }}
cat > $state/$name.script
echo "$out" > $state/$name.out
if [ -e $state/hold ]; then touch $state/$name.held; else
setsid sh $state/$name.script >> "$out" 2>&1 < /dev/null &
echo $! > $state/$name.pid; fi
echo "$$;cluster"
"""
_SQUEUE = """#!/bin/sh
state={state}
[ -e $state/away ] && exit 1
for file in $state/*.pid; do
name=${{file##*/}}; name=${{name%.pid}}
[ -e "$file" ] || continue
process=/proc/$(cat $file)/stat
case $(cut -d' ' -f3 $process 2> /dev/null) in ""|Z) echo "$name|COMPLETED";; *) echo "$name|RUNNING";; esac
done
for file in $state/*.held; do
name=${{file##*/}}; [ -e "$file" ] && echo "${{name%.held}}|PENDING"
done
exit 0
"""
_SCANCEL = """#!/bin/sh
state={state}
for word; do case $word in --name=*) name=${{word#*=}};; --signal=*) signal=${{word#*=}};; esac; done
case "$*" in
*PENDING*) rm -f $state/$name.held;;
*) [ -e $state/$name.pid ] && kill -$signal $(cat $state/$name.pid);;
esac
exit 0
"""


class FakeSlurm:
    """A cluster whose commands come first on the PATH."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.state = folder / "slurm"
        commands = folder / "bin"
        for path in (self.state, commands):
            path.mkdir()
        for name, text in {"sbatch": _SBATCH, "squeue": _SQUEUE, "scancel": _SCANCEL}.items():
            (commands / name).write_text(text.format(state=self.state))
            (commands / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{commands}{os.pathsep}{os.environ['PATH']}")

    def set(self, *, hold: bool = False, refuse: bool = False, away: bool = False) -> None:
        """Let new jobs wait, refuse them, or have the controller not answer."""
        for name, value in {"hold": hold, "refuse": refuse, "away": away}.items():
            path = self.state / name
            path.touch() if value else path.unlink(missing_ok=True)

    def options(self) -> list[str]:
        """Return the options of each job so far."""
        return (self.state / "sbatch.log").read_text().splitlines()

    def run_held(self) -> int:
        """Run all waiting jobs to their end; return their number."""
        held = [path.stem for path in self.state.glob("*.held")]
        for name in held:
            (self.state / f"{name}.held").unlink()
            subprocess.run(["sh", self.state / f"{name}.script"], check=True)
        return len(held)

    def close(self) -> None:
        """Kill what still runs."""
        for path in self.state.glob("*.pid"):
            with suppress(ProcessLookupError):
                os.kill(int(path.read_text()), signal.SIGKILL)
