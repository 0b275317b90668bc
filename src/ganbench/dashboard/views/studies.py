"""The page of one study: score table, verdicts, curves with bands over seeds, samples side by side."""

from __future__ import annotations

from ganbench.dashboard.index import Index
from ganbench.dashboard.processes import Processes
from ganbench.dashboard.run_cache import RunCache
from ganbench.dashboard.study_panel import study_page
from ganbench.dashboard.views.elements import select_one, show_frame, show_user_errors


def show(index: Index, _: RunCache, processes: Processes | None = None) -> None:
    """Show the selected study."""
    study = select_one("Study", {entry.id: entry.label for entry in index.studies()}, "study")
    if study is not None:
        with show_user_errors():
            show_frame(study_page(index.folder(study, "study")), "the study")
