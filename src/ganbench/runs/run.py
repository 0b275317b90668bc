"""A run folder with everything about a run: recipe, metadata, events, samples, checkpoints and scores."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from ganbench.data.base import DataInfo
from ganbench.errors import UserError
from ganbench.recipes.base import Recipe
from ganbench.runs.checkpoint import CheckpointError, list_checkpoints, read_checkpoint, read_manifest
from ganbench.runs.event_lines import describe_damage
from ganbench.runs.event_log import EventLog
from ganbench.runs.folder_check import require_safe
from ganbench.utils.file_lock import exclusive_lock
from ganbench.utils.files import read_json, rename, write_sealed_json
from ganbench.utils.lease import Lease
from ganbench.zoo.source import model_folder

_FORMAT = 1  # the version of the layout of run folders


class Run:
    """A run folder on disk.

    It holds ``recipe.json``, ``meta.json``, ``events.jsonl`` (the log) and the folders ``samples/`` (sample grids),
    ``checkpoints/`` and ``eval/`` (scores). Further folders are created when needed: ``critic/`` (figures of D's
    output), ``sweeps/`` (figures of samples for varied latent codes) and ``pictures/`` (other figures).

    Args:
        path: The folder, or a model by name, ``zoo:NAME`` or ``hub:OWNER/NAME[@REVISION]``, which is copied into the
            cache at first use.

    Raises:
        UserError: the folder is not a run, or is unsafe: it holds a link, a pipe or a huge file; or there is no
            model of this name.

    Example:
        >>> import ganbench
        >>> run = ganbench.train("gan-ring8", budget="laptop", out="runs/folder", overrides={"schedule.steps": 20})
        >>> ganbench.Run("runs/folder").recipe().name
        'gan-ring8'
    """

    def __init__(self, path: str | Path) -> None:
        self.path = model_folder(path)
        if not os.path.lexists(self.path / "recipe.json"):
            problem = "is not a run: it holds no recipe.json" if self.path.is_dir() else "does not exist"
            raise UserError(f"{self.path} {problem}; `ganbench train RECIPE --out DIR` makes a run")
        require_safe(self.path)
        self.events = EventLog(self.path / "events.jsonl")
        self.samples, self.checkpoints, self.eval, self.critic, self.pictures, self.sweeps = (
            self.path / name for name in ("samples", "checkpoints", "eval", "critic", "pictures", "sweeps")
        )
        self._lease: Lease | None = None

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    @classmethod
    def create(cls, path: Path, recipe: Recipe, meta: Mapping[str, Any]) -> Run:
        """Create a run folder atomically.

        Raises:
            UserError: the folder exists, or cannot be created.
        """
        if os.path.exists(path):  # unlike Path.exists, it answers for names that no file can have
            raise UserError(
                f"{path} exists; give another --out, or continue it with `ganbench resume {path}`"
            )
        if "\0" in str(path):
            raise UserError(f"the run folder cannot be named {str(path)!r}: it has a zero character")
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        shutil.rmtree(temporary, ignore_errors=True)  # left by a killed process with the same id
        try:
            temporary.mkdir(parents=True)
            write_sealed_json(temporary / "recipe.json", recipe.to_dict())
            write_sealed_json(temporary / "meta.json", {"format": _FORMAT, **meta})
            for name in ("samples", "checkpoints", "eval"):
                (temporary / name).mkdir()
            (temporary / "events.jsonl").touch()
            rename(temporary, path)
        except OSError as error:
            shutil.rmtree(temporary, ignore_errors=True)
            raise UserError(f"the run folder {path} cannot be created: {error.strerror}") from error
        return cls(path)

    @property
    def meta(self) -> dict[str, Any]:
        """The run's metadata: versions, seed, data set and machine."""
        meta = read_json(self.path / "meta.json")
        if not isinstance(meta.get("seed"), int) or not isinstance(meta.get("machine"), dict):
            raise UserError(f"{self.path / 'meta.json'} is damaged: it names no seed or no machine")
        return meta

    @property
    def info(self) -> DataInfo:
        """The description of the training data, stored when the run started."""
        try:
            return DataInfo.from_dict(self.meta["data"])
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"{self.path / 'meta.json'} is damaged: it describes no data set") from error

    def require_classes(self, info: DataInfo) -> None:
        """Raise UserError unless a data set has the classes that the run was trained on, in the same order."""
        trained_classes, classes = self.info.classes, info.classes
        if trained_classes != classes:
            raise UserError(
                f"the classes of {info.name} are {', '.join(classes) or 'none'}, but {self.path} was trained on "
                f"{', '.join(trained_classes) or 'none'}, so class numbers would have another meaning"
            )

    def recipe(self, trusted: Collection[str] = ()) -> Recipe:
        """Return the recipe, with all overrides; ``trusted`` names the user's own modules that it may import."""
        return Recipe.from_dict(read_json(self.path / "recipe.json"), trusted)

    def checkpoint_steps(self) -> list[int]:
        """Return the steps of all checkpoints, newest first, including damaged ones."""
        return [int(path.name.removeprefix("step-")) for path in list_checkpoints(self.checkpoints)]

    def intact_checkpoints(self) -> list[Path]:
        """Return the checkpoints with an intact manifest, newest first."""
        return [path for path in list_checkpoints(self.checkpoints) if _has_manifest(path)]

    def best_step(self) -> int | None:
        """Return the step with the best score during training, the latest one if tied; None without scores.

        If several metrics were scored, only the first one counts.
        """
        best = self.best_score()
        return None if best is None else int(best["step"])

    def best_score(self) -> dict[str, Any] | None:
        """Return :meth:`best_step` and its score; None without finite scores during training.

        The keys are ``step``, ``by`` (the metric), ``value``, ``of_steps`` (how many steps were scored), ``samples``
        (how many were generated), ``samples_for`` (their purpose) and ``seed`` (theirs).
        """
        digest = self.events.digest()
        if digest.damaged:
            warnings.warn(describe_damage(self.events.path, digest.damaged), stacklevel=2)
        best = digest.best
        if best is None:
            return None
        measured = best.get("measured", {})  # how the score was measured
        return {
            "step": int(best["step"]),
            "by": best["name"],
            "value": best["value"],
            "of_steps": digest.scored_steps,
            "samples": measured.get("samples"),
            "samples_for": measured.get("generator", {}).get("samples_for"),
            "seed": measured.get("generator", {}).get("seed"),
        }

    def read_checkpoint(self, step: int | str | None = None) -> dict[str, Any] | None:
        """Load a checkpoint.

        Args:
            step: A step, or ``"best"``; by default, that of the newest intact checkpoint. Damaged ones are skipped
                with a warning.

        Returns:
            The state dict; None if no step is given and there is no intact checkpoint.

        Raises:
            UserError: the checkpoint of the given step is missing or damaged.
        """
        if step is not None:
            return self._read_checkpoint_at(step)
        for path in list_checkpoints(self.checkpoints):
            try:
                return read_checkpoint(path)
            except CheckpointError as error:
                warnings.warn(f"{error}; skipping this checkpoint", stacklevel=2)
        return None

    def _read_checkpoint_at(self, step: int | str) -> dict[str, Any]:
        number = self.best_step() if step == "best" else step
        steps = self.checkpoint_steps()
        if number not in steps:
            available = ", ".join(map(str, steps)) or "none"
            raise UserError(f"{self.path} has no checkpoint of step {number or step}; there are: {available}")
        try:
            return read_checkpoint(self.checkpoints / f"step-{number:08d}")
        except CheckpointError as error:
            raise UserError(f"{error}; other steps: {', '.join(map(str, steps))}") from error

    def explain_load_errors(self, step: int) -> AbstractContextManager[None]:
        """Convert errors of ``load_state_dict`` in the block into a UserError that names checkpoint and recipe."""
        return explain_load_errors(f"the checkpoint of step {step} does not fit {self.path / 'recipe.json'}")

    def remove_temporary_files(self) -> None:
        """Delete temporary files that a killed process left. Call this only while holding the lock."""
        for folder in (self.path, self.samples, self.eval, self.critic, self.pictures, self.sweeps):
            for temporary in folder.glob(".*.tmp"):
                temporary.unlink(missing_ok=True)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the run's lock for the block, so that no other process trains the run; released if the process dies.

        Raises:
            UserError: another process trains this run, or the folder is not writable.
        """
        with exclusive_lock(self.path, "the run", f"another process is training {self.path}") as lease:
            self._lease = lease
            try:
                yield
            finally:
                self._lease = None

    def require_lock(self) -> None:
        """Raise RunError if a process of another machine has taken over the run while :meth:`lock` was held."""
        if self._lease is not None:
            self._lease.require()


@contextmanager
def explain_load_errors(problem: str) -> Iterator[None]:
    """Convert errors of ``load_state_dict`` in the block into a UserError: the problem, and torch's first line."""
    try:
        yield
    except (KeyError, RuntimeError, ValueError) as error:
        reason = str(error).strip().split("\n")[0]
        raise UserError(f"{problem}: {reason}") from error


def _has_manifest(path: Path) -> bool:
    try:
        read_manifest(path)
    except CheckpointError:
        return False
    return True
