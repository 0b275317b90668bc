"""A cache of runs that were read, valid until their files change."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

from ganbench.dashboard.index import Signature, file_signature
from ganbench.report.run_data import RunData, read_run_data
from ganbench.runs.run import Run

_FILES = ("recipe.json", "meta.json", "events.jsonl", "eval")


class RunCache:
    """Keeps the ``max_size`` runs that were read last."""

    def __init__(self, max_size: int = 16) -> None:
        self.max_size = max_size
        self._runs: OrderedDict[Path, tuple[Signature, RunData]] = OrderedDict()

    def get(self, folder: Path) -> RunData:
        """Return the contents of a run folder, reading it again only if its files have changed.

        Raises:
            UserError: the folder is no longer a run.
        """
        signature = file_signature([folder / name for name in _FILES])
        cached = self._runs.get(folder)
        if cached is not None and cached[0] == signature:
            return cached[1]
        opened = Run(folder)
        if cached is not None:
            opened.events = cached[1].run.events  # which reads only what is new
        run = read_run_data(opened)
        self._runs[folder] = signature, run
        self._runs.move_to_end(folder)
        while len(self._runs) > self.max_size:
            self._runs.popitem(last=False)
        return run
