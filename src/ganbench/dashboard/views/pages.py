"""All pages of the dashboard. The URL names the page and, by id, what it shows, so that it can be bookmarked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

import streamlit as st

from ganbench.dashboard.index import Index
from ganbench.dashboard.permission import Permission
from ganbench.dashboard.processes import Processes
from ganbench.dashboard.run_cache import RunCache
from ganbench.dashboard.views import compare, playground, run, runs, studies
from ganbench.dashboard.views.controls import may_control

#: Shows a page; with processes, the browser may control runs.
Page: TypeAlias = Callable[[Index, RunCache, Processes | None], None]
_PAGES: Mapping[str, tuple[str, Page]] = MappingProxyType(
    {
        "runs": ("Runs", runs.show),
        "run": ("Run", run.show),
        "compare": ("Compare", compare.show),
        "studies": ("Studies", studies.show),
        "playground": ("Playground", playground.show),
    }
)


_READ_ONLY = Permission()


def show(root: Path, permission: Permission = _READ_ONLY) -> None:
    """Show the page that the URL names, for the runs and studies below a root folder."""
    st.set_page_config(page_title="ganbench", layout="wide")
    index, cache, processes = _shared_state(str(root))
    names = list(_PAGES)
    url_page = str(st.query_params.get("page", ""))
    url_page = url_page if url_page in names else names[0]
    with st.sidebar:
        st.subheader("ganbench")
        # The key depends on the URL, so that opening a link overrides the earlier selection.
        page = st.radio("Page", names, names.index(url_page), format_func=_title, key=f"from {url_page}")
    st.query_params["page"] = page
    st.title(_title(page))
    _PAGES[page][1](index, cache, processes if may_control(permission) else None)


def _title(page: str) -> str:
    return _PAGES[page][0]


@st.cache_resource
def _shared_state(root: str) -> tuple[Index, RunCache, Processes]:
    """Return the index, the cache and the started processes, which all browser sessions share."""
    index = Index(Path(root))
    return index, RunCache(), Processes(index.root)
