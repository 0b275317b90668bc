"""The interface of a tracker, and the names of all trackers."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from ganbench.errors import UserError, did_you_mean
from ganbench.runs.run import Run
from ganbench.utils.error_text import describe_error


class Tracker(Protocol):
    """Shows a run in another program. It is created with the run and the step that training continues from."""

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Take values of one step by name: loss terms, speed, scores, health."""

    def picture(self, step: int, name: str, path: Path) -> None:
        """Take a PNG file of one step."""

    def close(self, record: Mapping[str, Any]) -> None:
        """Take the record of the run, a JSON object, and close: training has ended."""


@dataclass(frozen=True)
class TrackerEntry:
    """What a name stands for: the program's title, its Python module, the extra that installs it, and our class."""

    title: str
    module: str
    extra: str
    target: str


#: All trackers by the name that ``--track`` takes.
TRACKERS: Mapping[str, TrackerEntry] = MappingProxyType(
    {
        "tensorboard": TrackerEntry(
            "TensorBoard", "torch.utils.tensorboard", "track", "tensorboard:TensorBoardTracker"
        ),
        "wandb": TrackerEntry("Weights & Biases", "wandb", "wandb", "wandb:WandbTracker"),
        "mlflow": TrackerEntry("MLflow", "mlflow", "mlflow", "mlflow:MLflowTracker"),
        "trackio": TrackerEntry("Trackio", "trackio", "trackio", "wandb:TrackioTracker"),
    }
)


def require_trackers(names: Collection[str]) -> None:
    """Raise UserError if there is no such tracker, or its program is not installed; call it before training."""
    for name in names:
        if name not in TRACKERS:
            raise UserError(
                f"there is no tracker '{name}' (there are {', '.join(TRACKERS)}){did_you_mean(name, TRACKERS)}"
            )
        entry = TRACKERS[name]
        try:
            importlib.import_module(entry.module)
        except ImportError as error:
            raise UserError(
                f"{entry.title} is not installed: pip install 'ganbench[{entry.extra}]'"
            ) from error


def open_tracker(name: str, run: Run, step: int) -> Tracker:
    """Return the tracker of a run that is at ``step``. Raises UserError if its program cannot start."""
    module, _, class_name = TRACKERS[name].target.partition(":")
    create = getattr(importlib.import_module(f"{__package__}.{module}"), class_name)
    try:
        tracker: Tracker = create(run, step)
    except Exception as error:
        raise UserError(f"{TRACKERS[name].title} cannot show {run.path}: {describe_error(error)}") from error
    return tracker


def run_key(run: Run) -> str:
    """Return 16 hex digits that stay the same for a run when it is resumed, and differ for another run."""
    text = f"{run.path.resolve()}\n{run.meta.get('created')}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]
