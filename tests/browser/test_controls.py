"""A run that is started, changed, stopped, resumed and finished in a real browser."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.support.browser import chromium, needs_chromium, sync_api
from tests.support.dashboard_server import dashboard

from ganbench.dashboard.sanitize import folder_id
from ganbench.runs.run import Run
from ganbench.utils.lease import read_holder

pytest.importorskip("streamlit", reason="streamlit is not installed (it is in the dev extra)")
pytestmark = needs_chromium
TIMEOUT = 120_000  # milliseconds; the machine may be busy training
OVERRIDES = """
schedule.steps=1000000
schedule.batch=8
schedule.log_every=50
schedule.sample_every=500
schedule.checkpoint_every=1000000
schedule.evaluate_every=0
networks.G.width=8
networks.D.width=8
"""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with dashboard(tmp_path) as address:
        try:
            yield address
        finally:
            for run in tmp_path.iterdir():  # what a failed test has left running
                if (holder := read_holder(run)) is not None:
                    with suppress(ProcessLookupError):
                        os.kill(holder.pid, signal.SIGKILL)


@pytest.mark.slow
def test_a_run_is_started_changed_stopped_resumed_and_finished(address: str, tmp_path: Path) -> None:
    sync_api.expect.set_options(timeout=TIMEOUT)
    path = tmp_path / "mine"
    with chromium() as browser:
        page, errors = browser.new_page(viewport={"width": 1300, "height": 1400}), []
        page.set_default_timeout(TIMEOUT)
        page.on("pageerror", lambda error: errors.append(str(error)))

        page.goto(address)
        page.get_by_text("Start a run").click()
        page.get_by_role("combobox", name="Recipe").click()
        page.get_by_role("combobox", name="Recipe").fill("gan-ring8")
        page.get_by_role("option", name="gan-ring8", exact=True).click()
        page.get_by_role("textbox", name="Name").fill("../mine")
        page.get_by_role("textbox", name="Overrides").fill(OVERRIDES)
        page.get_by_role("button", name="Start").click()
        page.get_by_text("the name of a run has letters, digits, dots and dashes only").wait_for()
        page.get_by_role("textbox", name="Name").fill("mine")
        page.get_by_role("button", name="Start").click()
        page.get_by_text("1 of 1 runs; click one to open it").wait_for()
        wait_for(lambda: any((path / "samples").glob("*.png")), page)
        screenshot(page, "controls-list", tmp_path)

        page.goto(f"{address}/?page=run&run={folder_id(Path('mine'))}")
        page.locator("img[src^='data:image/webp']").wait_for()
        applied = re.compile(r"✓ optimizers.G.lr from 0.\d+ to 0.00025 at step [\d,]+")
        set_value(page, "optimizers.G.lr", "0.00025", applied)
        screenshot(page, "controls-changed", tmp_path)
        assert [(e["key"], e["new"]) for e in Run(path).events.read("change")] == [
            ("optimizers.G.lr", 0.00025)
        ]

        page.get_by_role("button", name="Stop").click()
        page.get_by_test_id("stMetricValue").get_by_text("stopped").wait_for()
        step = Run(path).checkpoint_steps()[0]

        waiting = re.compile(rf"schedule.steps = {step + 200}: at the next checkpoint")
        set_value(page, "schedule.steps", str(step + 200), waiting)
        page.get_by_role("button", name="Resume").click()
        page.get_by_text(re.compile(r"✓ schedule.steps from 1000000 to \d+")).wait_for()
        page.get_by_test_id("stMetricValue").get_by_text("finished").wait_for()
        assert Run(path).checkpoint_steps()[0] == step + 200
        assert errors == []


def set_value(page: Any, key: str, value: str, shown: re.Pattern[str]) -> None:
    """Change a setting by the form, and wait until the page shows it.

    The page is updated while the form is filled in, and Streamlit may close a list that is open then; a user opens it
    again.
    """
    for _ in range(6):
        try:
            page.locator("[data-test-script-state=notRunning]").wait_for()
            if not page.get_by_role("button", name="Change", exact=True).is_visible():
                page.get_by_text("Change a rate or weight").click()
            setting = page.get_by_role("combobox", name="Setting")
            setting.click(timeout=10_000)
            setting.fill(key, timeout=10_000)
            page.get_by_role("option", name=re.compile(rf"^{re.escape(key)} = ")).click(timeout=10_000)
            page.get_by_role("textbox", name="New value").fill(value, timeout=10_000)
            page.get_by_role("button", name="Change", exact=True).click(timeout=10_000)
            page.get_by_text(shown).wait_for(timeout=15_000)
        except sync_api.TimeoutError:
            page.keyboard.press("Escape")
        else:
            return
    pytest.fail(f"the form did not change {key}")


def wait_for(condition: Any, page: Any) -> None:
    end = time.monotonic() + TIMEOUT / 1000
    while not condition():
        assert time.monotonic() < end
        page.wait_for_timeout(100)


def screenshot(page: Any, name: str, tmp_path: Path) -> None:
    folder = Path(os.environ.get("GANBENCH_SCREENSHOTS", tmp_path / ".pictures"))
    page.screenshot(path=folder / f"{name}.png")
