"""Pieces of the pages. Words from files are shown as text or in a frame, never as Markdown or markup."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import streamlit as st

from ganbench.dashboard.sanitize import ids_in, shown
from ganbench.errors import UserError

_HEIGHT = 600  # pixels, until the frame's page has measured itself


@contextmanager
def refusals() -> Iterator[None]:
    """Show what a person can do nothing wrong with: one sentence instead of a page that ends."""
    try:
        yield
    except UserError as error:
        st.warning("This cannot be shown:")
        st.text(shown(error))


def frame(page: str, words: str) -> None:
    """Show a page of the report's in a frame, which that page makes as high as it is; ``words`` name the frame.

    Streamlit could do that by a script of its own, which the page's policy would not let in.
    """
    st.iframe(page, height=_HEIGHT, alt=words)


def choice(label: str, options: Mapping[str, str], parameter: str) -> str | None:
    """Have one of several ids chosen by their labels; the address holds the id, and may ask for one."""
    if not options:
        st.info("There is nothing here yet.")
        return None
    said = str(st.query_params.get(parameter, ""))
    asked = [word for word in ids_in(said, 1) if word in options]
    if said and not asked:
        st.warning("What the address asks for is not in this folder; choose another.")
    key = f"chosen {parameter}"
    if st.session_state.get(key) not in options:
        st.session_state[key] = asked[0] if asked else None if said else next(iter(options))
    wanted: str | None = st.selectbox(
        label, list(options), format_func=lambda id_: options.get(id_, "?"), key=key
    )
    if wanted is not None:
        st.query_params[parameter] = wanted
    return wanted


def choices(label: str, options: Mapping[str, str], parameter: str, most: int) -> list[str]:
    """Have some of several ids chosen by their labels; the address holds the ids."""
    key = f"chosen {parameter}"
    before = st.session_state.get(key, ids_in(str(st.query_params.get(parameter, "")), most))
    st.session_state[key] = [word for word in before if word in options]
    wanted: list[str] = st.multiselect(
        label, list(options), format_func=lambda id_: options.get(id_, "?"), max_selections=most, key=key
    )
    st.query_params[parameter] = ",".join(wanted)
    return wanted


def go(page: str, run: str) -> None:
    """Go to a run on another page when this one is drawn again."""
    st.query_params["page"], st.query_params["run"] = page, run
