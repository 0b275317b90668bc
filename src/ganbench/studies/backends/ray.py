"""Tasks of Ray, each of which starts its command in a child process.

Ray does not repeat a task (``max_retries=0``): the study submits the command that continues the run. Tasks end with the
study that submitted them; a command whose worker is killed saves a checkpoint and ends, too.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, ClassVar

from ganbench.errors import UserError
from ganbench.studies.backends.base import Job
from ganbench.studies.backends.recorded import RecordedBackend
from ganbench.studies.backends.run_job import run_job


@dataclass(kw_only=True)
class RayBackend(RecordedBackend):
    """Runs each command in a task on the cluster at ``RAY_ADDRESS``, or on workers of this machine.

    Attributes:
        workers: The number of tasks at a time on this machine, if there is no cluster; default one per core.

    Raises:
        UserError: Ray is not installed, or there is no cluster at its address.
    """

    name: ClassVar[str] = "ray"
    workers: int = 0
    poll_interval: float = 0.5
    grace: float = 2.0
    _tasks: dict[str, Any] = field(default_factory=dict, init=False, repr=False)
    _run: Any = field(default=None, init=False, repr=False)
    _is_own: bool = field(default=False, init=False, repr=False)

    def __post_init__(self) -> None:
        if find_spec("ray") is None:
            raise UserError("--backend ray needs ray: pip install 'ganbench[ray]'")

    def _start(self, job: Job, token: str) -> str:
        if self._run is None:
            self._run = self._connect()
        task = self._run.options(name=job.folder.name).remote(job.folder.absolute(), token, _settings())
        self._tasks[token] = task
        return str(task.hex())

    def _is_active(self, token: str) -> bool:
        """Whether this process has submitted the task and Ray has not ended it."""
        import ray

        task = self._tasks.get(token)
        return task is not None and not ray.wait([task], timeout=0, fetch_local=False)[0]

    def _cancel(self, token: str) -> None:
        """Raise KeyboardInterrupt in the task, once: it is still active while its command saves a checkpoint."""
        import ray

        task = self._tasks.get(token)
        if task is not None:
            ray.cancel(task, force=False)

    def close(self) -> None:
        """Leave the cluster, unless the caller was in it before."""
        if self._is_own:
            import ray

            ray.shutdown()
        self._run, self._is_own = None, False

    def _connect(self) -> Any:
        """Return the remote function, connected to the caller's cluster, that at ``RAY_ADDRESS``, or a new one."""
        import ray

        remote = ray.remote(num_cpus=self.cpus, num_gpus=self.gpus, max_retries=0)(run_job)
        if ray.is_initialized():
            return remote
        self._is_own = True
        address = os.environ.get("RAY_ADDRESS")
        if address:
            try:
                ray.init(address=address, log_to_driver=False)
            except (ConnectionError, ValueError) as error:
                raise UserError(f"there is no Ray cluster at RAY_ADDRESS={address}: {error}") from error
        else:
            slots = self.workers * self.cpus or None
            ray.init(address="local", num_cpus=slots, include_dashboard=False, log_to_driver=False)
        resources: Any = ray.cluster_resources  # it has no annotations
        self._require_resources(resources())
        return remote

    def _require_resources(self, cluster: Mapping[str, float]) -> None:
        """Raise UserError if the cluster can never run a job: Ray would wait for ever, without a word."""
        for key, wanted in (("CPU", self.cpus), ("GPU", self.gpus)):
            if wanted > cluster.get(key, 0):
                raise UserError(
                    f"a job needs {wanted:g} {key}s, but the Ray cluster has {cluster.get(key, 0):g} in all"
                )


def _settings() -> dict[str, str]:
    """Return the variables that say where data and models are, which workers of a cluster do not inherit."""
    return {name: value for name, value in os.environ.items() if name.startswith("GANBENCH_")}
