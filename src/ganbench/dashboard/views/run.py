"""The page of one run, updated while it trains: health, curves, timeline, layers, evaluation records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import streamlit as st

from ganbench.dashboard import run_panels as panels
from ganbench.dashboard.index import Index
from ganbench.dashboard.run_cache import RunCache
from ganbench.dashboard.run_summary import Status
from ganbench.dashboard.views.elements import select_one, show_frame, show_user_errors
from ganbench.report.run_data import RunData

_REFRESH_SECONDS = 4
_PANELS: Mapping[str, Callable[[RunData], str]] = MappingProxyType(
    {
        "Curves": panels.curves_page,
        "Timeline": panels.timeline_page,
        "Layers": panels.layers_page,
        "Records": panels.records_page,
    }
)


def show(index: Index, cache: RunCache) -> None:
    """Show the selected run."""
    run = select_one("Run", {entry.id: entry.label for entry in index.runs()}, "run")
    if run is None:
        return
    panel = st.segmented_control("View", list(_PANELS), default="Curves", required=True)
    live = st.toggle(
        "Update while it trains", value=True, help="Turn this off to keep the zoom of the charts."
    )
    with show_user_errors():
        running = index.run(run).status == "running"
        refresh = _REFRESH_SECONDS if live and running else None
        st.fragment(_show_panel, run_every=refresh)(index, cache, run, panel)


def _show_panel(index: Index, cache: RunCache, run: str, panel: str) -> None:
    with show_user_errors():
        entry = index.run(run)
        data = cache.get(entry.folder.path)
        _show_header(data, entry.status)
        show_frame(_PANELS[panel](data), f"{panel.lower()} of the run")


def _show_header(run: RunData, status: Status) -> None:
    left, middle, right = st.columns(3)
    left.metric("Status", status)
    middle.metric("Step", f"{run.step:,} of {run.steps:,}")
    right.caption("Recipe")
    right.text(run.name)
