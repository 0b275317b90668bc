"""All pages of the dashboard, and how one leads to another."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ganbench.ui.index import Index
from ganbench.ui.readings import Readings
from ganbench.ui.views import compare, playground, run, runs, studies


def show(root: Path) -> None:
    """Show the page that the address names, over the runs and studies of a root."""
    st.set_page_config(page_title="ganbench", layout="wide")
    index, readings = _kept(str(root))
    one = st.Page(lambda: run.show(index, readings), title="Run", url_path="run")
    play = st.Page(lambda: playground.show(index), title="Playground", url_path="playground")

    def open_run(id_: str) -> None:
        st.page_link(one, label="Open it", query_params={"run": id_})
        st.page_link(play, label="Play with it", query_params={"run": id_})

    first = st.Page(lambda: runs.show(index, open_run), title="Runs", url_path="runs", default=True)
    side = st.Page(lambda: compare.show(index, readings), title="Compare", url_path="compare")
    many = st.Page(lambda: studies.show(index), title="Studies", url_path="studies")
    st.navigation([first, one, side, many, play]).run()


@st.cache_resource
def _kept(root: str) -> tuple[Index, Readings]:
    """Return what all browsers share."""
    return Index(Path(root)), Readings()
