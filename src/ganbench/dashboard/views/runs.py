"""The list of runs, refreshed every few seconds: filtered by text and status, sorted by path, score or age."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import cast, get_args

import streamlit as st

from ganbench.dashboard.index import Index, Order, RunEntry, filter_runs
from ganbench.dashboard.processes import Processes
from ganbench.dashboard.run_cache import RunCache
from ganbench.dashboard.run_summary import Status
from ganbench.dashboard.thumbnails import WIDTH
from ganbench.dashboard.views.controls import show_start_form, show_started
from ganbench.dashboard.views.elements import open_run

_REFRESH_SECONDS = 5
ROW_HEIGHT = 64  # pixels
# Keys in the session state:
_SELECTED = "run selected in the list"
_TABLE = "table of runs"
_SHOWN = "ids of the runs in the table"
_ORDERS: dict[Order, str] = {"path": "path", "score": "score, best first", "newest": "last change"}


def show(index: Index, _: RunCache, processes: Processes | None = None) -> None:
    """Show the list. A click on a run opens its page; buttons below open it or the playground."""
    if processes is not None:
        show_start_form(processes)
    left, middle, right = st.columns([3, 3, 2])
    query = left.text_input("Filter", placeholder="words in the path, recipe, data or score")
    statuses = middle.multiselect("Status", get_args(Status))
    order = right.selectbox("Sort by", list(_ORDERS), format_func=lambda key: _ORDERS[cast(Order, key)])
    st.fragment(_show_table, run_every=_REFRESH_SECONDS)(index, processes, query, statuses, order)
    entries = filter_runs(index.runs(), query, statuses, order)
    if entries:
        labels = {entry.id: entry.label for entry in entries}
        st.selectbox("Run", list(labels), format_func=lambda id_: labels.get(id_, "?"), key=_SELECTED)
        left, right = st.columns([1, 4])
        left.button("Open run", on_click=_open_selected, args=("run",))
        right.button("Open in playground", on_click=_open_selected, args=("playground",))


def _open_selected(page: str) -> None:
    """Open the run that is selected at the time of the click, which may differ from the last rerun's."""
    open_run(page, st.session_state[_SELECTED])


def _show_table(
    index: Index, processes: Processes | None, query: str, statuses: Sequence[str], order: Order
) -> None:
    if processes is not None:
        show_started(processes)
    all_runs = index.runs()
    entries = filter_runs(all_runs, query, statuses, order)
    st.text(f"{len(entries)} of {len(all_runs)} runs{'; click one to open it' if entries else ''}")
    if not entries:
        return
    # A click counts for the table that the browser shows, which may be older than the present one.
    shown: list[str] = st.session_state.get(_SHOWN, [])
    st.session_state[_SHOWN] = [entry.id for entry in entries]
    table = st.dataframe(
        [_row(entry) for entry in entries],
        hide_index=True,
        alt="the runs",
        placeholder="",
        on_select="rerun",
        selection_mode="single-cell",
        key=_TABLE,
        row_height=ROW_HEIGHT,
        column_config={
            "run": st.column_config.TextColumn(width="medium", pinned=True),
            "samples": st.column_config.ImageColumn(width=WIDTH + 16),
            "trend": st.column_config.LineChartColumn(width=140, color="auto"),
            "last change": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm", width=140),
        },
    )
    clicked = [row for row, _ in table["selection"]["cells"] if row < len(shown)]
    if clicked:
        open_run("run", shown[clicked[0]])
        st.rerun()


def _row(entry: RunEntry) -> dict[str, object]:
    summary = entry.summary
    return {
        "run": entry.label,
        "samples": entry.picture or None,
        "trend": list(summary.trend),
        "trend of": summary.trend_of,
        "status": entry.status,
        "step": summary.step,
        "of": summary.steps,
        "best score": summary.value,
        "metric": summary.score,
        "last change": datetime.datetime.fromtimestamp(entry.changed, datetime.UTC),
        "data": summary.data,
        "seed": summary.seed,
        "recipe": summary.recipe,
        "changed": summary.changed,
        "problem": summary.problem,
    }
