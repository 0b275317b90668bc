"""The controls of a run: stop, resume, change settings; and the form that starts a new one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import streamlit as st

from ganbench.config.values import parse_value
from ganbench.dashboard.index import RunEntry
from ganbench.dashboard.permission import Permission
from ganbench.dashboard.processes import Processes, TrainRequest
from ganbench.dashboard.sanitize import printable
from ganbench.dashboard.views.elements import show_user_errors
from ganbench.experiment.control import change, stop
from ganbench.recipes.base import ALL_BUDGETS
from ganbench.recipes.changeable import changeable_settings
from ganbench.recipes.registry import recipe_functions
from ganbench.report.run_data import RunData
from ganbench.runs.changes import describe_change, readable_changes
from ganbench.runs.requests import waiting_changes
from ganbench.runs.run import Run

_GIVEN = "token given by this browser"
_MAX_LISTED = 20  # changes


def may_control(permission: Permission) -> bool:
    """Whether this browser session may control runs; asks for the token if there is one."""
    if permission.controls == "token" and not permission.accepts(st.session_state.get(_GIVEN, "")):
        with st.sidebar, st.form("token"):
            given = st.text_input("Token", type="password", help="Needed to start, stop and change runs.")
            if st.form_submit_button("Use the token"):
                st.session_state[_GIVEN] = given
                if permission.accepts(given):
                    st.rerun()
                st.error("This is not the token.")
        return False
    return permission.accepts(st.session_state.get(_GIVEN, ""))


def show_buttons(entry: RunEntry, processes: Processes) -> None:
    """Show the buttons that stop and resume a run, and the error of the process that was started last."""
    left, middle, right = st.columns([1, 1, 4], vertical_alignment="bottom")
    is_running = entry.status == "running" or processes.is_active(entry.id)
    if left.button("Stop", disabled=entry.status != "running", help="Save a checkpoint and end."):
        with show_user_errors():
            stop(entry.folder.path, wait=False)
            st.toast("The run saves a checkpoint and ends.")
    resume = middle.button("Resume", disabled=is_running or entry.status == "broken")
    cores = os.cpu_count() or 1
    threads = right.number_input("CPU threads", 1, cores, 1, width=140, disabled=is_running)
    if resume:
        with show_user_errors():
            processes.resume(entry.folder.path, int(threads))
            st.rerun()  # so that the page is updated from now on
    if problem := processes.problem(entry.id):
        st.error("The process that was started here has ended:")
        st.text(problem)


def show_changes(data: RunData) -> None:
    """Show which changes wait for the next checkpoint, which were applied, and which were refused."""
    for key, value in waiting_changes(data.run.path).items():
        st.text(f"⏳ {printable(key, 100)} = {printable(value, 100)}: at the next checkpoint")
    for entry in readable_changes(data.meta)[-_MAX_LISTED:]:
        st.text(f"✓ {printable(describe_change(entry), 300)}")
    for event in data.events_of("refused")[-_MAX_LISTED:]:
        st.text(f"✗ step {event['step']}: {printable(event.get('error', ''), 500)}")


def show_change_form(entry: RunEntry) -> None:
    """Show the form that asks for another value of a setting; it lists the settings with their present values."""
    with show_user_errors(), st.expander("Change a rate or weight"):
        settings = changeable_settings(Run(entry.folder.path).recipe())
        with st.form("change", clear_on_submit=False):
            left, middle, right = st.columns([3, 2, 1], vertical_alignment="bottom")
            key = left.selectbox(
                "Setting", list(settings), format_func=lambda key: f"{key} = {_present(settings, key)}"
            )
            text = middle.text_input("New value", placeholder="a number, or [0.5, 0.99]")
            if right.form_submit_button("Change"):
                change(entry.folder.path, {key: parse_value(text, key)})
                st.rerun()  # so that the page above shows it


def show_start_form(processes: Processes) -> None:
    """Show the form that starts a new run."""
    with st.expander("Start a run"), show_user_errors(), st.form("start"):
        left, middle, right = st.columns(3)
        recipe = left.selectbox("Recipe", sorted(recipe_functions()), None, placeholder="choose one") or ""
        budget = middle.text_input(
            "Budget", "laptop", help=f"{', '.join(ALL_BUDGETS)}, or a time such as 20m"
        )
        name = right.text_input("Name", placeholder="RECIPE-seedN", max_chars=100)
        seed = left.number_input("Seed", 0, 2**53 - 1, 0)
        threads = middle.number_input("CPU threads", 1, os.cpu_count() or 1, 1)
        overrides = st.text_area("Overrides", placeholder="one KEY=VALUE per line, as optimizers.G.lr=1e-4")
        if st.form_submit_button("Start"):
            request = TrainRequest(
                recipe=recipe,
                name=name.strip() or f"{recipe}-seed{int(seed)}",
                budget=budget.strip(),
                seed=int(seed),
                threads=int(threads),
                overrides=overrides,
            )
            processes.train(request)
            st.toast(f"{request.name} is being started.")


def show_started(processes: Processes) -> None:
    """Show the runs that are being started, and why others did not start."""
    for name in processes.starting():
        st.text(f"⏳ {printable(name, 100)} is being started")
    for name, problem in processes.failed().items():
        st.text(f"✗ {printable(name, 100)}: {problem}")


def _present(settings: Mapping[str, Any], key: str) -> str:
    value = settings.get(key)
    return "off" if value is None else str(value)
