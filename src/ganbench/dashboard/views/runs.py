"""The list of runs: filtered by words and status, sorted by score, path or age, kept up to date."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import cast, get_args

import streamlit as st

from ganbench.dashboard.index import Entry, Index, Order, chosen
from ganbench.dashboard.run_cache import RunCache
from ganbench.dashboard.run_summary import Status
from ganbench.dashboard.views.elements import go

_EVERY = 5  # seconds
_CHOSEN = "run of the list"  # in the session's state
_ORDERS: dict[Order, str] = {"path": "path", "score": "score, best first", "newest": "last change"}


def show(index: Index, _: RunCache) -> None:
    """Show the list, and the ways from it to a run's own page and to the playground."""
    words, statuses, order = st.columns([3, 3, 2])
    asked = words.text_input("Filter", placeholder="words of path, recipe, data or score")
    wanted = statuses.multiselect("Status", get_args(Status))
    by = order.selectbox("Sort by", list(_ORDERS), format_func=lambda key: _ORDERS[cast(Order, key)])
    st.fragment(_listed, run_every=_EVERY)(index, asked, wanted, by)
    entries = chosen(index.runs(), asked, wanted, by)
    if entries:
        labels = {entry.id: entry.label for entry in entries}
        st.selectbox("Run", list(labels), format_func=lambda id_: labels.get(id_, "?"), key=_CHOSEN)
        one, play = st.columns([1, 4])
        one.button("Open the run", on_click=_go, args=("run",))
        play.button("Play with it", on_click=_go, args=("playground",))


def _go(page: str) -> None:
    """Go to the run that is chosen at the moment of the click, which may be later than the last drawing's."""
    go(page, st.session_state[_CHOSEN])


def _listed(index: Index, words: str, statuses: Sequence[str], order: Order) -> None:
    everything = index.runs()
    entries = chosen(everything, words, statuses, order)
    st.text(f"{len(entries)} of {len(everything)} runs")
    if entries:
        st.dataframe([_row(entry) for entry in entries], hide_index=True, alt="the runs")


def _row(entry: Entry) -> dict[str, object]:
    told = entry.told
    return {
        "run": entry.label,
        "status": entry.status,
        "step": told.step,
        "of": told.steps,
        "best score": told.value,
        "which is": told.score,
        "recipe": told.recipe,
        "data": told.data,
        "seed": told.seed,
        "changed": datetime.datetime.fromtimestamp(entry.changed, datetime.UTC),
        "problem": told.problem,
    }
