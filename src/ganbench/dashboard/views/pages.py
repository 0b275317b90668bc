"""All pages of the dashboard. The address names the page and, by ids, what it shows, so that it can be kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import streamlit as st

from ganbench.dashboard.index import Index
from ganbench.dashboard.run_cache import RunCache
from ganbench.dashboard.views import compare, playground, run, runs, studies

_PAGES: Mapping[str, tuple[str, Callable[[Index, RunCache], None]]] = MappingProxyType(
    {
        "runs": ("Runs", runs.show),
        "run": ("Run", run.show),
        "compare": ("Compare", compare.show),
        "studies": ("Studies", studies.show),
        "playground": ("Playground", playground.show),
    }
)


def show(root: Path) -> None:
    """Show the page that the address names, over the runs and studies of a root."""
    st.set_page_config(page_title="ganbench", layout="wide")
    index, readings = _kept(str(root))
    names = list(_PAGES)
    asked = str(st.query_params.get("page", ""))
    asked = asked if asked in names else names[0]
    with st.sidebar:
        st.subheader("ganbench")
        page = st.radio("Page", names, names.index(asked), format_func=_title, key=f"from {asked}")
    st.query_params["page"] = page
    st.title(_title(page))
    _PAGES[page][1](index, readings)


def _title(page: str) -> str:
    return _PAGES[page][0]


@st.cache_resource
def _kept(root: str) -> tuple[Index, RunCache]:
    """Return what all browsers share."""
    return Index(Path(root)), RunCache()
