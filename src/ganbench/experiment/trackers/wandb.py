"""Show a run in Weights & Biases, or in Trackio, which has the same functions."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ganbench.experiment.trackers.base import run_key
from ganbench.runs.run import Run

STEP = "training_step"


class WandbTracker:
    """Logs to the project ``$WANDB_PROJECT``, else "ganbench"; a resumed run continues the same entry.

    Weights & Biases' own variables apply, such as ``WANDB_MODE=offline``. Every value comes with the training step,
    since the program's own step can only grow, and a run that was killed trains its last steps again.
    """

    def __init__(self, run: Run, step: int) -> None:
        import wandb

        self._image: Any = wandb.Image
        self._session: Any = wandb.init(
            project=os.environ.get("WANDB_PROJECT", "ganbench"),
            name=run.path.name,
            id=run_key(run),
            resume="allow",
            config={"recipe": run.recipe().to_dict(), "run": dict(run.meta)},
            settings=wandb.Settings(console="off", silent=True),
        )
        self._session.define_metric(STEP)
        self._session.define_metric("*", step_metric=STEP)

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Log values of one step."""
        self._session.log({STEP: step, **values})

    def picture(self, step: int, name: str, path: Path) -> None:
        """Log a picture of one step."""
        self._session.log({STEP: step, name: self._image(str(path))})

    def close(self, record: Mapping[str, Any]) -> None:
        """Write the record into the summary, and wait until everything is stored."""
        self._session.summary.update({"record": dict(record)})
        self._session.finish(exit_code=0 if record["status"] != "failed" else 1)


class TrackioTracker:
    """Logs to the project ``$TRACKIO_PROJECT``, else "ganbench"; a resumed run continues the same entry."""

    def __init__(self, run: Run, step: int) -> None:
        import trackio

        self._trackio: Any = trackio
        trackio.init(
            project=os.environ.get("TRACKIO_PROJECT", "ganbench"),
            name=f"{run.path.name}-{run_key(run)}",
            resume="allow",
            config={"recipe": run.recipe().to_dict(), "run": dict(run.meta)},
        )

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Log values of one step."""
        self._trackio.log(dict(values), step=step)

    def picture(self, step: int, name: str, path: Path) -> None:
        """Log a picture of one step."""
        self._trackio.log({name: self._trackio.Image(str(path))}, step=step)

    def close(self, record: Mapping[str, Any]) -> None:
        """Log the numbers of the record, and wait until everything is stored."""
        self._trackio.log({f"final/{name}": value for name, value in record["scores"].items()})
        self._trackio.finish()
