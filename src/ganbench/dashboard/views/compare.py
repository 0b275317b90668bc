"""The page that compares runs: differing settings, timelines under one slider, overlaid curves."""

from __future__ import annotations

import streamlit as st

from ganbench.dashboard.index import Index
from ganbench.dashboard.processes import Processes
from ganbench.dashboard.run_cache import RunCache
from ganbench.dashboard.run_panels import comparison_page
from ganbench.dashboard.views.elements import select_many, show_frame, show_user_errors

_MAX_RUNS = 6


def show(index: Index, cache: RunCache, processes: Processes | None = None) -> None:
    """Show the selected runs."""
    labels = {entry.id: entry.label for entry in index.runs()}
    selected = select_many("Runs", labels, "runs", _MAX_RUNS)
    if len(selected) < 2:
        st.info(f"Select 2 to {_MAX_RUNS} runs.")
        return
    st.caption("Runs with the same seed and latent size show samples of the same latents.")
    with show_user_errors():
        runs = {labels[id_]: cache.get(index.folder(id_)) for id_ in selected}
        show_frame(comparison_page(runs), "comparison of the runs")
