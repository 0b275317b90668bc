"""The 2-D playground in a real browser, served by ``ganbench playground``."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.support.browser import chromium, needs_chromium, sync_api
from tests.support.serving import running

from ganbench.dashboard.server import LOCAL_NAMES
from ganbench.playground.app import create_app
from ganbench.recipes.registry import find_recipe

pytest.importorskip("websockets", reason="the extra 'serve' is not installed")
pytestmark = needs_chromium
TIMEOUT = 120_000  # milliseconds; the machine may be busy training
TOKEN = "a+token/with=signs-in-it"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The address of the command's server, which a signal ends at the end."""
    command = [sys.executable, "-m", "ganbench", "playground", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            line = server.stdout.readline()
            address = re.fullmatch(r"The 2-D playground is at (http://127.0.0.1:\d+/) .*\n", line)
            assert address, line
            yield address[1]
        finally:
            server.terminate()
            _, errors = server.communicate(timeout=60)
    assert (server.returncode, errors) == (0, "")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api.expect.set_options(timeout=TIMEOUT)
    with chromium() as browser:
        yield browser


@contextmanager
def opened(browser: Any, address: str, **options: Any) -> Iterator[Any]:
    """A page that must not log errors or send requests to other servers."""
    page, errors, urls = browser.new_page(**options), [], []
    page.set_default_timeout(TIMEOUT)
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: urls.append(request.url))
    page.goto(address)
    yield page
    page.close()
    assert errors == []
    assert [url for url in urls if not url.startswith((address, "data:", "blob:"))] == []


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """The page with a model that has not yet been trained, whose steps take little time."""
    with opened(browser, address, viewport={"width": 1280, "height": 1000}) as page:
        sync_api.expect(page.locator("#summary")).to_contain_text("500 generated points")
        page.get_by_label("Batch").fill("16")
        sync_api.expect(page.get_by_text("Press “Start over”")).to_be_visible()
        page.get_by_role("button", name="Start over").click()
        sync_api.expect(page.get_by_text("Press “Start over”")).to_be_hidden()
        sync_api.expect(page.get_by_role("status").first).to_have_text("gan-ring8, seed 0, is ready")
        yield page


def step_of(page: Any) -> int:
    return int(re.match(r"step (\d+)", page.locator("#count").inner_text())[1])  # type: ignore[index]


def button(page: Any, name: str) -> Any:
    return page.get_by_role("button", name=name, exact=True)


def save(page: Any) -> dict[str, Any]:
    with page.expect_download() as download:
        button(page, "Save as a recipe file").click()
    recipe: dict[str, Any] = json.loads(Path(download.value.path()).read_text())
    return recipe


def test_points_move_while_it_trains_and_stop_when_paused(page: Any) -> None:
    before, picture = page.locator("#summary").inner_text(), page.locator("#plane").screenshot()
    button(page, "Start").click()
    sync_api.expect(page.locator("#count")).to_have_text(re.compile(r"step \d\d+"))
    sync_api.expect(page.locator("#terms")).to_contain_text("D/adversarial")
    button(page, "Pause").click()
    sync_api.expect(page.get_by_role("status").first).to_have_text("paused")
    assert page.locator("#summary").inner_text() != before
    assert page.locator("#plane").screenshot() != picture
    button(page, "One step").click()
    sync_api.expect(page.locator("#count")).not_to_have_text(re.compile("per second"))
    step = step_of(page)
    button(page, "One step").click()
    sync_api.expect(page.locator("#count")).to_have_text(f"step {step + 1}")
    button(page, "Start over").click()
    sync_api.expect(page.locator("#count")).to_have_text("step 0")
    sync_api.expect(page.locator("#summary")).to_have_text(before)


def test_slow_motion_shows_the_updates_of_a_step(page: Any) -> None:
    page.get_by_label("Speed").press("Home")
    page.get_by_label("Speed").press("ArrowRight")
    sync_api.expect(page.locator("#pace")).to_have_text("0.5 steps per second")
    button(page, "One step").click()
    seen = [""]
    while "its points move" not in seen[-1]:
        text = page.locator("#phase").inner_text()
        if text != seen[-1]:
            seen.append(text)
    assert [text for text in seen if "G's loss pushes" in text] == seen[-2:-1], "the last but one"
    updates = [text for text in seen if text.startswith("D has learned: update ")]
    assert updates == sorted(updates)
    assert len(updates) >= 3, "of 5, if the machine is too busy to show them all"
    sync_api.expect(page.locator("#count")).to_have_text("step 1")


def test_a_drawing_is_learned_and_saved(page: Any) -> None:
    page.get_by_label("Data").select_option("my own drawing")
    assert button(page, "Start").is_disabled()
    assert button(page, "Use the drawing").is_disabled()
    box = page.locator("#plane").bounding_box()
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in ((0.2, 0.3), (0.8, 0.3))]
    page.mouse.move(*at[0])
    page.mouse.down()
    page.mouse.move(*at[1], steps=5)
    page.mouse.up()
    drawn = int(page.locator("#drawn").inner_text().split()[0])
    assert drawn > 60
    for key in ("ArrowDown", "ArrowDown", " "):
        page.locator("#plane").press(key)
    sync_api.expect(page.locator("#drawn")).to_have_text(f"{drawn + 12} points")
    button(page, "Use the drawing").click()
    sync_api.expect(page.get_by_role("status").first).to_have_text("gan-ring8, seed 0, is ready")
    button(page, "Start").click()
    sync_api.expect(page.locator("#latest")).to_contain_text("distance")
    recipe = save(page)
    assert recipe["data"]["target"] == "ganbench.data.plane:plane"
    points = recipe["data"]["points"]
    assert len(points) == drawn + 12
    stroke = points[:drawn]
    assert all(abs(y - 0.4) < 0.2 for _, y in stroke), "the upper third"
    assert min(x for x, _ in stroke) < -0.5
    assert max(x for x, _ in stroke) > 0.5
    sync_api.expect(page.locator("#saved")).to_contain_text("ganbench train gan-ring8.json --seed 0")
    button(page, "Edit the drawing").click()
    sync_api.expect(page.locator("#drawn")).to_have_text(f"{drawn + 12} points")
    button(page, "Add").click()
    sync_api.expect(page.locator("#drawn")).to_have_text(f"{drawn + 812} points")
    button(page, "Use the drawing").click()
    page.get_by_label("Recipe").select_option("wgan-gp-grid25")
    sync_api.expect(page.get_by_role("status").first).to_have_text("wgan-gp-grid25, seed 0, is ready")
    assert page.get_by_label("Data").input_value() == "own drawing", "a drawing stays the data"


def test_rates_apply_at_once_and_settings_reach_the_file(page: Any) -> None:
    page.get_by_label("Recipe").select_option("r3gan-ring8")
    sync_api.expect(page.get_by_role("status").first).to_have_text("r3gan-ring8, seed 0, is ready")
    page.get_by_label("show G's moving average").check()
    page.get_by_label("Seed").fill("12")
    button(page, "Start over").click()
    sync_api.expect(page.get_by_role("status").first).to_have_text("r3gan-ring8, seed 12, is ready")
    button(page, "One step").click()
    sync_api.expect(page.locator("#count")).to_have_text("step 1")
    page.get_by_label("D", exact=True).fill("0.001")
    page.get_by_label("D", exact=True).press("Tab")
    recipe = save(page)
    assert recipe["optimizers"]["D"]["lr"] == 0.001
    assert recipe["networks"] == find_recipe("r3gan-ring8", "laptop").to_dict()["networks"]
    sync_api.expect(page.locator("#saved")).to_contain_text("--seed 12. A rate was changed on the way")
    page.get_by_label("Batch").fill("0")
    button(page, "Start over").click()  # the browser says what is wrong
    assert page.locator("#batch:invalid").count() == 1


def test_what_the_server_refuses_is_said(page: Any) -> None:
    page.get_by_label("Recipe").select_option("pacgan-ring8")
    sync_api.expect(page.locator("#phase")).to_contain_text("D is not shown: D scores packs of 2 samples")
    assert not page.get_by_text("D: probability of real").is_visible()


@pytest.mark.parametrize(
    ("host", "origin", "expected"),
    [
        ("127.0.0.1", "http://127.0.0.1", 101),
        ("127.0.0.1", "https://evil.example", 403),
        ("evil.example", "http://evil.example", 403),  # the name of another site, resolving to this machine
    ],
)
def test_other_sites_cannot_connect(address: str, host: str, origin: str, expected: int) -> None:
    port = urlsplit(address).port
    headers = {
        "Host": f"{host}:{port}",
        "Origin": f"{origin}:{port}",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("GET", "/session", headers=headers)
        assert connection.getresponse().status == expected


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_all_without_scrolling_sideways(browser: Any, address: str, scheme: str) -> None:
    options = {"viewport": {"width": 390, "height": 844}, "color_scheme": scheme}
    with opened(browser, address, **options) as page:
        sync_api.expect(page.locator("#summary")).to_contain_text("500 generated points")
        for name in ("#plane", "#run", "#speed", "#losses", "#recipe", "#save"):
            box = page.locator(name).bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 390, name
        assert page.locator("#plane").bounding_box()["width"] > 340


def test_the_token_is_taken_from_the_address_or_the_page(browser: Any) -> None:
    with running(create_app(token=TOKEN, hosts=LOCAL_NAMES), websockets=True) as client:
        page = browser.new_page()
        page.set_default_timeout(TIMEOUT)
        page.goto(f"http://127.0.0.1:{client.port}/")
        sync_api.expect(page.get_by_role("status").first).to_contain_text("refused the connection")
        page.get_by_label("token").fill("a-wrong-token-of-mine")
        button(page, "Connect").click()
        sync_api.expect(page.get_by_role("status").first).to_contain_text("refused the connection")
        page.get_by_label("token").fill(TOKEN)
        button(page, "Connect").click()
        sync_api.expect(page.locator("#summary")).to_contain_text("500 generated points")
        page.reload()  # the token is now in the part of the address that browsers do not send
        sync_api.expect(page.locator("#summary")).to_contain_text("500 generated points")
        page.close()
