"""One study: its table, verdicts, bands over seeds and recipes side by side."""

from __future__ import annotations

from ganbench.dashboard.index import Index
from ganbench.dashboard.run_cache import RunCache
from ganbench.dashboard.study_panel import study
from ganbench.dashboard.views.elements import choice, frame, refusals


def show(index: Index, _: RunCache) -> None:
    """Show the study that is chosen."""
    wanted = choice("Study", {found.id: found.label for found in index.studies()}, "study")
    if wanted is not None:
        with refusals():
            frame(study(index.folder(wanted, "study")), "the study")
