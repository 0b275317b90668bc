"""A run is a folder that explains itself: recipe, meta, events, samples, checkpoints, scores."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ganbench.data.base import DataInfo
from ganbench.errors import UserError
from ganbench.recipes.base import Recipe
from ganbench.runs.checkpoint import CheckpointError, list_checkpoints, read_checkpoint, read_manifest
from ganbench.runs.event_log import EventLog
from ganbench.utils.file_lock import only_one
from ganbench.utils.files import read_json, write_json

_FORMAT = 1


class Run:
    """A run folder: ``recipe.json``, ``meta.json``, ``events.jsonl``, ``samples/``, ``checkpoints/``, ``eval/``."""

    def __init__(self, path: str | Path) -> None:
        """Open a run folder.

        Raises:
            UserError: the folder is not a run.
        """
        self.path = Path(path)
        if not (self.path / "recipe.json").is_file():
            what = "is not a run: it holds no recipe.json" if self.path.is_dir() else "does not exist"
            raise UserError(f"{self.path} {what}; `ganbench train RECIPE --out DIR` makes a run")
        self.events = EventLog(self.path / "events.jsonl")
        self.samples, self.checkpoints = self.path / "samples", self.path / "checkpoints"
        self.eval = self.path / "eval"
        # There once they are needed.
        self.critic, self.pictures, self.sweeps = (self.path / n for n in ("critic", "pictures", "sweeps"))

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    @classmethod
    def create(cls, path: Path, recipe: Recipe, meta: Mapping[str, Any]) -> Run:
        """Make the folder, whole or not at all.

        Raises:
            UserError: it exists, or cannot be made.
        """
        if path.exists():
            raise UserError(f"{path} exists; give another --out, or go on with `ganbench resume {path}`")
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        shutil.rmtree(temporary, ignore_errors=True)  # left by a killed process that had our number
        try:
            temporary.mkdir(parents=True)
            write_json(temporary / "recipe.json", recipe.to_dict())
            write_json(temporary / "meta.json", {"format": _FORMAT, **meta})
            for name in ("samples", "checkpoints", "eval"):
                (temporary / name).mkdir()
            (temporary / "events.jsonl").touch()
            temporary.rename(path)
        except OSError as error:
            shutil.rmtree(temporary, ignore_errors=True)
            raise UserError(f"the run folder {path} cannot be made: {error.strerror}") from error
        return cls(path)

    @property
    def meta(self) -> dict[str, Any]:
        """Versions, seed, data set and machine of the run."""
        meta = read_json(self.path / "meta.json")
        if not isinstance(meta.get("seed"), int) or not isinstance(meta.get("machine"), dict):
            raise UserError(f"{self.path / 'meta.json'} is damaged: it names no seed or no machine")
        return meta

    @property
    def info(self) -> DataInfo:
        """The data set's description, as it was when the run began."""
        try:
            return DataInfo.from_dict(self.meta["data"])
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"{self.path / 'meta.json'} is damaged: it describes no data set") from error

    def require_classes(self, info: DataInfo) -> None:
        """Raise UserError unless a data set has the classes that the run was trained on, in the same order."""
        then, now = self.info.classes, info.classes
        if then != now:
            raise UserError(
                f"the classes of {info.name} are {', '.join(now) or 'none'}, but {self.path} was trained on "
                f"{', '.join(then) or 'none'}: a number would stand for another class"
            )

    def recipe(self, trusted: Collection[str] = ()) -> Recipe:
        """Return the run's resolved recipe; ``trusted`` names the user's own modules that it may use."""
        return Recipe.from_dict(read_json(self.path / "recipe.json"), trusted)

    def checkpoint_steps(self) -> list[int]:
        """Return the steps of the checkpoints there, newest first, whole or not."""
        return [int(p.name[5:]) for p in list_checkpoints(self.checkpoints)]

    def best_step(self) -> int | None:
        """Return the step with the best score so far, the later of equals, if there were scores during the run.

        Where several things are scored, the first one decides.
        """
        selection = self.selection()
        return None if selection is None else int(selection["step"])

    def selection(self) -> dict[str, Any] | None:
        """Say by what the best step is the best; None if there were no scores during the run."""
        scores = self.events.read("score")
        if not scores:
            return None
        sign = 1 if scores[0]["better"] == "higher" else -1
        judged = [s for s in scores if s["name"] == scores[0]["name"]]
        best = max(judged, key=lambda s: (sign * s["value"], s["step"]))
        measured = best.get("measured", {})
        return {
            "step": int(best["step"]),
            "by": best["name"],
            "value": best["value"],
            "of_steps": len(judged),
            "samples": measured.get("samples"),
            "samples_for": measured.get("generator", {}).get("samples_for"),
            "seed": measured.get("generator", {}).get("seed"),
        }

    def read_checkpoint(self, step: int | str | None = None) -> dict[str, Any] | None:
        """Return the state of a step, of ``"best"``, or of the newest whole checkpoint (None: there is none).

        A damaged checkpoint is passed over with a warning, unless it was asked for by its step.

        Raises:
            UserError: the checkpoint asked for is missing or damaged.
        """
        if step is not None:
            return self._read_named(step)
        for path in list_checkpoints(self.checkpoints):
            try:
                return read_checkpoint(path)
            except CheckpointError as error:
                warnings.warn(f"{error}; this checkpoint is passed over", stacklevel=2)
        return None

    def _read_named(self, step: int | str) -> dict[str, Any]:
        wanted = self.best_step() if step == "best" else step
        steps = self.checkpoint_steps()
        if wanted not in steps:
            there = ", ".join(map(str, steps)) or "none"
            raise UserError(f"{self.path} has no checkpoint of step {wanted or step}; there are: {there}")
        try:
            return read_checkpoint(self.checkpoints / f"step-{wanted:08d}")
        except CheckpointError as error:
            raise UserError(f"{error}; other steps: {', '.join(map(str, steps))}") from error

    @contextmanager
    def fits(self, step: int) -> Iterator[None]:
        """Turn what goes wrong when a state is loaded into networks of another shape into a UserError."""
        try:
            yield
        except (KeyError, RuntimeError, ValueError) as error:
            why = str(error).strip().split("\n")[0]
            recipe = self.path / "recipe.json"
            raise UserError(f"the checkpoint of step {step} does not fit {recipe}: {why}") from error

    def whole_checkpoints(self) -> list[Path]:
        """Return the checkpoints whose manifest is whole, newest first."""
        return [p for p in list_checkpoints(self.checkpoints) if _has_manifest(p)]

    def sweep(self) -> None:
        """Delete the temporary files that a killed process left; only for the holder of the lock."""
        for folder in (self.path, self.samples, self.eval, self.critic, self.pictures, self.sweeps):
            for leftover in folder.glob(".*.tmp"):
                leftover.unlink(missing_ok=True)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep a second trainer off the run; the system lets go of the lock when the process ends.

        Raises:
            UserError: another process trains this run, or the folder cannot be written.
        """
        with only_one(self.path, "the run", f"another process is training {self.path}"):
            yield


def _has_manifest(path: Path) -> bool:
    try:
        read_manifest(path)
    except CheckpointError:
        return False
    return True
