"""One run, live while it trains: health, curves, timeline, layers by name, evaluation records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import streamlit as st

from ganbench.dashboard import run_panels as panels
from ganbench.dashboard.index import Index
from ganbench.dashboard.run_cache import RunCache
from ganbench.dashboard.run_summary import Status
from ganbench.dashboard.views.elements import choice, frame, refusals
from ganbench.report.run_data import RunData

_EVERY = 4  # seconds
_PARTS: Mapping[str, Callable[[RunData], str]] = MappingProxyType(
    {
        "Curves": panels.curves,
        "Timeline": panels.timeline,
        "Layers": panels.layers,
        "Records": panels.records,
    }
)


def show(index: Index, readings: RunCache) -> None:
    """Show the run that is chosen."""
    run = choice("Run", {entry.id: entry.label for entry in index.runs()}, "run")
    if run is None:
        return
    part = st.segmented_control("Part", list(_PARTS), default="Curves", required=True)
    live = st.toggle("Follow while it trains", value=True, help="Off: charts stay as they are zoomed.")
    with refusals():
        running = index.run(run).status == "running"
        st.fragment(_shown, run_every=_EVERY if live and running else None)(index, readings, run, part)


def _shown(index: Index, readings: RunCache, run: str, part: str) -> None:
    with refusals():
        entry = index.run(run)
        reading = readings.of(entry.found.path)
        _head(reading, entry.status)
        frame(_PARTS[part](reading), f"{part.lower()} of the run")


def _head(reading: RunData, state: Status) -> None:
    status, step, recipe = st.columns(3)
    status.metric("Status", state)
    step.metric("Step", f"{reading.step:,} of {reading.steps:,}")
    recipe.caption("Recipe")
    recipe.text(reading.name)
