"""Runs as they were read, kept until their files change."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

from ganbench.dashboard.index import Signature, signature_of
from ganbench.report.run_data import RunData, read_run
from ganbench.runs.run import Run

_FILES = ("recipe.json", "meta.json", "events.jsonl", "eval")


class RunCache:
    """The last ``most`` runs that were read."""

    def __init__(self, most: int = 16) -> None:
        self.most = most
        self._kept: OrderedDict[Path, tuple[Signature, RunData]] = OrderedDict()

    def of(self, folder: Path) -> RunData:
        """Return what a run folder tells, read anew only if its files have changed.

        Raises:
            UserError: it is no run any more.
        """
        signature = signature_of([folder / name for name in _FILES])
        before = self._kept.get(folder)
        if before is not None and before[0] == signature:
            return before[1]
        reading = read_run(Run(folder))
        self._kept[folder] = signature, reading
        self._kept.move_to_end(folder)
        while len(self._kept) > self.most:
            self._kept.popitem(last=False)
        return reading
