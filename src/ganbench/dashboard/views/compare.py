"""Several runs side by side: what differs, timelines under one slider, curves in one diagram."""

from __future__ import annotations

import streamlit as st

from ganbench.dashboard import run_panels as panels
from ganbench.dashboard.index import Index
from ganbench.dashboard.run_cache import RunCache
from ganbench.dashboard.views.elements import choices, frame, refusals

_MOST = 6


def show(index: Index, readings: RunCache) -> None:
    """Show the runs that are chosen."""
    labels = {entry.id: entry.label for entry in index.runs()}
    wanted = choices("Runs", labels, "runs", _MOST)
    if len(wanted) < 2:
        st.info(f"Choose two to {_MOST} runs.")
        return
    st.caption("Pictures show the same latents where the seeds and the latents' sizes are the same.")
    with refusals():
        read = {labels[run]: readings.of(index.folder(run)) for run in wanted}
        frame(panels.compared(read), "the runs side by side")
