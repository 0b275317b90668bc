"""Shared elements of the pages. Text from files appears as plain text or in a frame, never as Markdown or HTML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import streamlit as st

from ganbench.dashboard.sanitize import parse_ids, printable
from ganbench.errors import UserError

_HEIGHT = 600  # pixels, until the page in the frame reports its own height


@contextmanager
def show_user_errors() -> Iterator[None]:
    """Show a UserError as a warning on the page in place of a traceback."""
    try:
        yield
    except UserError as error:
        st.warning("This cannot be shown:")
        st.text(printable(error))


def show_frame(page: str, alt: str) -> None:
    """Show a page of the report in a frame, which adapts to the height of the page; ``alt`` describes the frame.

    The page itself sets the height, since its content security policy blocks the script that Streamlit would use.
    """
    st.iframe(page, height=_HEIGHT, alt=alt)


def select_one(label: str, options: Mapping[str, str], parameter: str) -> str | None:
    """Let the user select one id by its label, and return it; None if there is none.

    ``options`` maps ids to labels. The URL parameter ``parameter`` holds the selection and can preset it.
    """
    if not options:
        st.info("There is nothing here yet.")
        return None
    url_value = str(st.query_params.get(parameter, ""))
    url_ids = [id_ for id_ in parse_ids(url_value, 1) if id_ in options]
    if url_value and not url_ids:
        st.warning("The link points to something that is not in this folder. Select another.")
    key = f"selected {parameter}"
    if st.session_state.get(key) not in options:
        st.session_state[key] = url_ids[0] if url_ids else None if url_value else next(iter(options))
    selected: str | None = st.selectbox(
        label, list(options), format_func=lambda id_: options.get(id_, "?"), key=key
    )
    if selected is not None:
        st.query_params[parameter] = selected
    return selected


def select_many(label: str, options: Mapping[str, str], parameter: str, max_count: int) -> list[str]:
    """Let the user select several ids by their labels, and return them; see :func:`select_one`."""
    key = f"selected {parameter}"
    url_ids = parse_ids(str(st.query_params.get(parameter, "")), max_count)
    st.session_state[key] = [id_ for id_ in st.session_state.get(key, url_ids) if id_ in options]
    selected: list[str] = st.multiselect(
        label, list(options), format_func=lambda id_: options.get(id_, "?"), max_selections=max_count, key=key
    )
    st.query_params[parameter] = ",".join(selected)
    return selected


def open_run(page: str, run: str) -> None:
    """Make the next rerun show a run on another page."""
    st.query_params["page"], st.query_params["run"] = page, run
