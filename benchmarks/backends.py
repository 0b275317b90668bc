"""Kill jobs, a worker and the study itself on a real Slurm and on Ray; the results must be those of a quiet study.

    python -m benchmarks.backends --folder DIR [--backend slurm ray] [--out FILE]

Three recipes with three seeds are trained on this machine without disturbance, then on each backend while ``kill -9``
ends 20 of their jobs, one worker (the ``slurmd`` of the node, or a worker process of Ray) and once the study, which is
then started again. Scores, the losses of all steps and the weights of the last checkpoint must be equal, bit for bit.
Slurm is one node of this machine (slurm_node.py; Debian's ``slurm-wlm``, as root).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from benchmarks.slurm_node import SlurmNode
from ganbench.runs.run import Run
from ganbench.studies.study import Study
from ganbench.training.engine import processor
from ganbench.utils.files import write_json

RECIPES = ("gan-ring8", "gan-r1-ring8", "wgan-gp-ring8")
SETTINGS = (
    *("schedule.steps=600", "schedule.batch=64", "schedule.checkpoint_every=10", "schedule.log_every=10"),
    *("schedule.sample_every=0", "networks.G.width=32", "networks.D.width=32"),
)
OPTIONS = {
    "slurm": ("poll_interval=0.5", "grace=3", "notice=60"),
    "ray": ("poll_interval=0.5", "grace=3"),
}
WORKERS, KILLS, PAUSE = 2, 20, 3.0
RAY_PORT = 6399


def study_command(folder: Path, backend: str) -> list[str]:
    """Return the command of the study."""
    options = [f"--backend-option={option}" for option in OPTIONS.get(backend, ())]
    restarts = ["--max-restarts=50"] if options else []
    jobs = f"--jobs={WORKERS}"
    return [
        *(sys.executable, "-m", "ganbench", "study", *RECIPES, *SETTINGS, "--seeds=3", "--budget=laptop"),
        *("--n=250", f"--out={folder}", jobs, f"--backend={backend}", *options, *restarts, "--quiet"),
    ]


class Disturbance:
    """Kills what belongs to a study, while it runs."""

    def __init__(self, folder: Path, backend: str, node: SlurmNode | None) -> None:
        self.folder, self.backend, self.node = folder, backend, node
        self.killed: dict[str, int] = {"jobs": 0, "workers": 0, "studies": 0}
        self._random = random.Random(0)

    def complete(self, environment: Mapping[str, str]) -> float:
        """Run the study to its end; return the seconds."""
        start = time.monotonic()
        command = study_command(self.folder, self.backend)
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        while True:
            try:
                code = process.wait(PAUSE)
            except subprocess.TimeoutExpired:
                if self._strike(process):
                    process.wait()
                    time.sleep(2 * PAUSE)  # jobs go on, or end, without it
                    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
                continue
            if code != 0:
                raise SystemExit(f"the study ended with {code}")
            return time.monotonic() - start

    def _strike(self, study: subprocess.Popen[Any]) -> bool:
        """Kill one thing; return whether it was the study."""
        jobs = job_processes(self.folder)
        count = self.killed["jobs"]
        if count >= KILLS or not jobs:
            return False
        if count == 8 and not self.killed["studies"]:
            study.kill()
            self.killed["studies"] += 1
            return True
        job, parent = self._random.choice(jobs)
        if count == 12 and not self.killed["workers"]:
            self._kill_worker(parent)
            self.killed["workers"] += 1
            return False
        with suppress(ProcessLookupError):
            os.kill(job, signal.SIGKILL)
            self.killed["jobs"] += 1
        return False

    def _kill_worker(self, parent: int) -> None:
        if self.node is None:
            os.kill(parent, signal.SIGKILL)  # the worker process of Ray, in which the task waits
            return
        self.node.kill_daemon("slurmd")
        time.sleep(PAUSE)
        self.node.start_daemon("slurmd")


def job_processes(folder: Path) -> list[tuple[int, int]]:
    """Return the process ids of the commands in progress, and of their parents."""
    result = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            words = (entry / "cmdline").read_bytes().decode().split("\0")
            if "ganbench.cli.study_worker" in words and any(str(folder) in word for word in words):
                parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
                result.append((int(entry.name), int(parent)))
    return result


def results_of(folder: Path) -> dict[str, Any]:
    """Return what must be equal: of each run its scores, its losses and a hash of its last weights."""
    study = Study(folder)
    result = {}
    for row in study.rows():
        run = Run(study.folder.run(row.recipe, row.seed))
        last = run.checkpoints / f"step-{row.steps:08d}"
        weights = b"".join(path.read_bytes() for path in sorted(last.glob("*.safetensors")))
        result[f"{row.recipe}-seed{row.seed}"] = {
            "status": row.status,
            "scores": [score.to_dict() for score in row.scores],
            "losses": [
                {k: v for k, v in event.items() if k != "crc"} for event in run.events.read("scalars")
            ],
            "weights": hashlib.sha256(weights).hexdigest(),
        }
    table = json.loads((folder / "table.json").read_text())
    for entry in (*table["runs"], *table["summary"]):
        del entry["seconds"]
    return {**result, "table": table}


@contextmanager
def cluster(backend: str, folder: Path) -> Iterator[tuple[dict[str, str], SlurmNode | None]]:
    """Start a cluster with two workers; yield the environment of its users."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    environment["RAY_AUTH_MODE"] = "disabled"  # the cluster is this machine alone
    if backend == "slurm":
        node = SlurmNode(folder / "cluster")
        node.start(WORKERS)
        try:
            yield {**environment, "SLURM_CONF": node.environment["SLURM_CONF"]}, node
        finally:
            node.stop()
        return
    ray = str(Path(sys.executable).with_name("ray"))
    head = [
        *(ray, "start", "--head", f"--port={RAY_PORT}", f"--num-cpus={WORKERS}"),
        *("--include-dashboard=false", "--disable-usage-stats", "--block"),
    ]
    with (folder / "ray.log").open("w") as log:
        process = subprocess.Popen(head, env=environment, stdout=log, stderr=log)
        try:
            time.sleep(30)
            yield {**environment, "RAY_ADDRESS": f"127.0.0.1:{RAY_PORT}"}, None
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()


def main() -> None:
    """Measure, print and write the record."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--backend", nargs="*", default=["slurm", "ray"])
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    folder: Path = arguments.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    start = time.monotonic()
    subprocess.run(study_command(folder / "local", "local"), env=environment, check=True)
    seconds = round(time.monotonic() - start)
    expected = results_of(folder / "local")
    record: dict[str, Any] = {"runs": len(expected) - 1, "steps": 600, "local": {"seconds": seconds}}
    for backend in arguments.backend:
        with cluster(backend, folder) as (users, node):
            disturbance = Disturbance(folder / backend, backend, node)
            seconds = round(disturbance.complete(users))
        found = results_of(folder / backend)
        differing = [name for name in expected if found.get(name) != expected[name]]
        record[backend] = {"seconds": seconds, "killed": disturbance.killed, "differing": differing}
        print(backend, json.dumps(record[backend]), flush=True)
    if arguments.out is not None:
        machine = {"processor": processor(), "platform": platform.platform(), "cores": os.cpu_count()}
        write_json(arguments.out, {**record, "machine": machine})


if __name__ == "__main__":
    main()
