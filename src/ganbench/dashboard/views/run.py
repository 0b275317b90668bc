"""The page of one run, updated while it trains: health, curves, timeline, layers, evaluation records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import streamlit as st

from ganbench.dashboard import run_panels as panels
from ganbench.dashboard.index import Index, RunEntry
from ganbench.dashboard.processes import Processes
from ganbench.dashboard.run_cache import RunCache
from ganbench.dashboard.thumbnails import picture_url
from ganbench.dashboard.views.controls import show_buttons, show_change_form, show_changes
from ganbench.dashboard.views.elements import select_one, show_frame, show_user_errors
from ganbench.report.run_data import RunData

_REFRESH_SECONDS = 4
_PICTURE_WIDTH, _PICTURE_QUALITY = 512, 85
_LIVE = "update the page of a run"  # a key in the session state
_PANELS: Mapping[str, Callable[[RunData], str]] = MappingProxyType(
    {
        "Curves": panels.curves_page,
        "Timeline": panels.timeline_page,
        "Layers": panels.layers_page,
        "Records": panels.records_page,
    }
)


def show(index: Index, cache: RunCache, processes: Processes | None = None) -> None:
    """Show the selected run: its latest samples first, then its controls, then the other views."""
    run = select_one("Run", {entry.id: entry.label for entry in index.runs()}, "run")
    if run is None:
        return
    with show_user_errors():
        entry = index.run(run)
        is_active = entry.status == "running" or (processes is not None and processes.is_active(run))
        live = st.session_state.get(_LIVE, True) and is_active
        refresh = _REFRESH_SECONDS if live else None
        st.fragment(_show_top, run_every=refresh)(index, cache, run, processes)
        if processes is not None and entry.status != "broken":
            show_change_form(entry)
        panel = st.segmented_control("View", list(_PANELS), default="Curves", required=True)
        st.toggle(
            "Update while it trains",
            value=True,
            help="Turn this off to keep the zoom of the charts.",
            key=_LIVE,
        )
        st.fragment(_show_panel, run_every=refresh)(index, cache, run, panel)


def _show_top(index: Index, cache: RunCache, run: str, processes: Processes | None) -> None:
    with show_user_errors():
        entry = index.run(run)
        data = cache.get(entry.folder.path)
        _show_header(data, entry)
        if picture := picture_url(data.run.samples, _PICTURE_WIDTH, _PICTURE_QUALITY):
            st.image(picture, caption="the latest samples", width="content")
        if processes is not None:
            show_buttons(entry, processes)
        show_changes(data)


def _show_panel(index: Index, cache: RunCache, run: str, panel: str) -> None:
    with show_user_errors():
        data = cache.get(index.run(run).folder.path)
        show_frame(_PANELS[panel](data), f"{panel.lower()} of the run")


def _show_header(run: RunData, entry: RunEntry) -> None:
    left, middle, right = st.columns(3)
    left.metric("Status", entry.status)
    middle.metric("Step", f"{run.step:,} of {run.steps:,}")
    right.caption("Recipe")
    right.text(f"{run.name}{f', {entry.summary.changed}' if entry.summary.changed else ''}")
