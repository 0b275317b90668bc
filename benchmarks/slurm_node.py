"""A real Slurm of one node on this machine: ``python slurm_node.py start FOLDER CORES`` and ``stop FOLDER``.

It needs Debian's package ``slurm-wlm``, and root. Nothing outside the folder is written. Clients find the cluster by
``SLURM_CONF=FOLDER/slurm.conf``. Without munge, cgroups and accounting, it is for tests alone.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

_CONFIG = """ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmctldPort={port}
SlurmdPort={node_port}
AuthType=auth/none
CredType=cred/none
CryptoType=crypto/none
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
KillWait=5
SlurmdTimeout=60
MessageTimeout=30
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} State=UNKNOWN
PartitionName=short Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""
DAEMONS = ("slurmctld", "slurmd")


def missing_programs() -> list[str]:
    """Return what a Slurm node needs and this machine lacks."""
    programs = [name for name in (*DAEMONS, "sbatch", "squeue", "scancel", "scontrol") if not _program(name)]
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return programs if is_root else [*programs, "root"]


class SlurmNode:
    """The cluster whose configuration is in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "SLURM_CONF": str(self.folder / "slurm.conf")}

    def start(self, cores: int) -> None:
        """Start the controller and the node, and wait until jobs can run."""
        for name in ("state", "spool"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        ports = [_free_port() for _ in range(2)]
        text = _CONFIG.format(
            host=socket.gethostname().split(".")[0],
            folder=self.folder,
            port=ports[0],
            node_port=ports[1],
            cores=cores,
        )
        (self.folder / "slurm.conf").write_text(text)
        for name in DAEMONS:
            self.start_daemon(name)
        end = time.monotonic() + 60
        while "idle" not in self.run("sinfo", "--noheader", "--format=%T"):
            if time.monotonic() > end:
                raise TimeoutError((self.folder / "slurmctld.log").read_text()[-2000:])
            time.sleep(0.2)

    def start_daemon(self, name: str) -> None:
        """Start ``slurmctld`` or ``slurmd``."""
        program = _program(name)
        assert program is not None
        subprocess.run([program], env=self.environment, check=True)

    def kill_daemon(self, name: str) -> None:
        """Kill a daemon; jobs of a killed ``slurmd`` run on."""
        path = self.folder / f"{name}.pid"
        os.kill(int(path.read_text()), signal.SIGKILL)
        path.unlink()

    def stop(self) -> None:
        """End all jobs and the cluster."""
        self.run("scancel", "--user=root")
        end = time.monotonic() + 20
        while self.run("squeue", "--noheader") and time.monotonic() < end:
            time.sleep(0.2)
        for name in reversed(DAEMONS):
            path = self.folder / f"{name}.pid"
            if path.exists():
                os.kill(int(path.read_text()), signal.SIGTERM)
        while any((self.folder / f"{name}.pid").exists() for name in DAEMONS) and time.monotonic() < end:
            time.sleep(0.1)

    def run(self, *command: str) -> str:
        """Run a command of Slurm and return its output."""
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        return done.stdout


def _program(name: str) -> str | None:
    return shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/bin")))


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


if __name__ == "__main__":
    action, path, *rest = sys.argv[1:]
    node = SlurmNode(Path(path))
    node.start(int(rest[0])) if action == "start" else node.stop()
