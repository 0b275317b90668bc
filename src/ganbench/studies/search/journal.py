"""The trials of a search, in a journal file from which it continues after a kill."""

from __future__ import annotations

import os
from pathlib import Path

import optuna
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

_STARTUP_TRIALS = 5  # before any is pruned


class _NoLock(JournalFileOpenLock):
    """No lock: the study's own keeps other processes away, and would not outlive a kill."""

    def acquire(self) -> bool:
        """Do nothing."""
        return True

    def release(self) -> None:
        """Do nothing."""


def open_journal(path: Path, *, first_steps: int) -> optuna.Study:
    """Return the Optuna study in a journal file, which is created if it is missing.

    Trials are drawn by Optuna's tree-structured Parzen estimator (TPE). One is pruned when its best score so far is
    worse than the median of the others at the same step, but not before step ``first_steps``.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    _drop_torn_line(path)
    storage = optuna.storages.JournalStorage(JournalFileBackend(str(path), lock_obj=_NoLock(str(path))))
    study = optuna.create_study(
        storage=storage,
        study_name="search",
        direction="minimize",
        load_if_exists=True,
        pruner=optuna.pruners.MedianPruner(_STARTUP_TRIALS, n_warmup_steps=first_steps),
    )
    # As many draws as trials, so that a search that continues does not draw the same again.
    study.sampler = optuna.samplers.TPESampler(seed=len(study.trials), constant_liar=True)
    return study


def _drop_torn_line(path: Path) -> None:
    """Remove a last line that a killed process has not written to its end."""
    if not path.exists():
        return
    content = path.read_bytes()
    end = content.rfind(b"\n") + 1
    if end < len(content):
        os.truncate(path, end)
