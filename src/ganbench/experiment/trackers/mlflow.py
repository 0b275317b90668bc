"""Show a run in MLflow."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ganbench.experiment.trackers.base import run_key
from ganbench.runs.run import Run

_FORBIDDEN = re.compile(r"[^\w\-./ :]")  # in the names of MLflow's metrics
_LONGEST_VALUE = 6000  # characters of a parameter


class MLflowTracker:
    """Logs to the experiment ``$MLFLOW_EXPERIMENT_NAME``, else "ganbench"; a resumed run continues the same entry.

    MLflow's own variables apply, such as ``MLFLOW_TRACKING_URI``. The recipe's values are parameters, and pictures
    and the final record are artifacts.
    """

    def __init__(self, run: Run, step: int) -> None:
        from mlflow.entities import Param
        from mlflow.tracking import MlflowClient

        self._client: Any = MlflowClient()
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME", "ganbench")
        experiment = self._client.get_experiment_by_name(name)
        number = experiment.experiment_id if experiment else self._client.create_experiment(name)
        tag = run_key(run)
        earlier = self._client.search_runs([number], f"tags.ganbench = '{tag}'")
        if earlier:
            self._id = earlier[0].info.run_id
            self._client.update_run(self._id, status="RUNNING")
            return
        created = self._client.create_run(number, tags={"ganbench": tag}, run_name=run.path.name)
        self._id = created.info.run_id
        parameters = _parameters(run.recipe().to_dict())
        self._client.log_batch(
            self._id, params=[Param(key, str(value)[:_LONGEST_VALUE]) for key, value in parameters]
        )

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Log values of one step; characters that MLflow forbids in names become ``_``."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        metrics = [
            Metric(_FORBIDDEN.sub("_", name), float(value), now, step) for name, value in values.items()
        ]
        self._client.log_batch(self._id, metrics=metrics)

    def picture(self, step: int, name: str, path: Path) -> None:
        """Store a picture as an artifact; its file name holds the step."""
        self._client.log_artifact(self._id, str(path), name)

    def close(self, record: Mapping[str, Any]) -> None:
        """Store the record as an artifact, and end the entry."""
        self._client.log_dict(self._id, dict(record), "record.json")
        status = {"finished": "FINISHED", "stopped": "KILLED", "failed": "FAILED"}[record["status"]]
        self._client.set_terminated(self._id, status)


def _parameters(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values of a recipe by dotted key."""
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _parameters(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
