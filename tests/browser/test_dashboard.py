"""The dashboard in a real browser, served by ``ganbench ui``."""

from __future__ import annotations

import http.client
import io
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import numpy as np
import pytest
from PIL import Image
from tests.dashboard.runs import trained
from tests.report.example import HOSTILE, example_run
from tests.support.browser import chromium, needs_chromium, sync_api
from tests.support.dashboard_server import dashboard

from ganbench.dashboard.sanitize import folder_id
from ganbench.dashboard.views.runs import ROW_HEIGHT
from ganbench.runs.run import Run
from ganbench.utils.files import read_json, write_json

pytest.importorskip("streamlit", reason="streamlit is not installed (it is in the dev extra)")
pytestmark = needs_chromium
TIMEOUT = 120_000  # milliseconds; the machine may be busy training


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with handmade runs (two normal, one hostile, one broken) and four trained ones."""
    root = tmp_path_factory.mktemp("browser")
    for name, seed in (("first", 7), ("second", 8)):
        example_run(root / "hand" / name)
        meta = read_json(root / "hand" / name / "meta.json")
        write_json(root / "hand" / name / "meta.json", {**meta, "seed": seed})
    example_run(root / "hostile <b>&", summary=HOSTILE, term=HOSTILE)
    (root / "broken").mkdir()
    (root / "broken/recipe.json").write_text("{")
    trained(root, "points")
    trained(root, "classes")
    trained(root, "codes")
    trained(root, "representations")
    return root


@pytest.fixture(scope="module")
def address(root: Path) -> Iterator[str]:
    with dashboard(root) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api.expect.set_options(timeout=TIMEOUT)
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def context(browser: Any) -> Iterator[Any]:
    """What all pages share: the cache, so that the code of Streamlit is loaded once."""
    options = {"viewport": {"width": 1300, "height": 1000}, "reduced_motion": "reduce"}
    with browser.new_context(**options) as context:
        yield context


@pytest.fixture
def page(context: Any, address: str) -> Iterator[Any]:
    """A page that must not log errors or send requests to other servers."""
    page, errors, urls = context.new_page(), [], []
    page.set_default_timeout(TIMEOUT)
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: urls.append(request.url))
    yield page
    assert page.evaluate("window.executed") is None
    page.close()
    assert errors == []
    foreign = [url for url in urls if not url.startswith((address, "data:", "blob:", "about:"))]
    assert foreign == []


def open_page(page: Any, address: str, /, **parameters: str) -> Any:
    page.goto(f"{address}/?{'&'.join(f'{name}={value}' for name, value in parameters.items())}")
    page.get_by_role("heading", level=1).wait_for()
    return page


def screenshot(page: Any, name: str, tmp_path: Path) -> None:
    page.screenshot(path=Path(os.environ.get("GANBENCH_SCREENSHOTS", tmp_path)) / f"{name}.png")


def frame(page: Any) -> Any:
    return page.frame_locator("iframe").last


def wait_until_idle(page: Any) -> None:
    """Wait until the page is complete; Streamlit builds it from top to bottom."""
    page.locator("[data-test-script-state=notRunning]").wait_for()


def wait_for_image(page: Any, name: str) -> Any:
    """Wait until the page is complete and the browser has loaded this image, and return it.

    The server drops an image as soon as the next one replaces it, so a pending download would fail.
    """
    image = page.get_by_role("img", name=name)
    image.wait_for()
    wait_until_idle(page)
    page.wait_for_function("i => i.complete && i.naturalWidth > 0", arg=image.element_handle(), polling=100)
    assert image.get_attribute("src").endswith(".png"), "not lossless"
    return image


def select(page: Any, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()


def test_runs_are_listed_filtered_and_opened(page: Any, address: str, tmp_path: Path) -> None:
    open_page(page, address)
    page.get_by_text("8 of 8 runs").wait_for()
    wait_until_idle(page)
    page.get_by_test_id("stDataFrame").wait_for()
    screenshot(page, "runs", tmp_path)
    page.get_by_label("Filter").fill("hand")
    page.get_by_label("Filter").press("Enter")
    page.get_by_text("2 of 8 runs").wait_for()
    page.get_by_label("Filter").fill("")
    page.get_by_label("Filter").press("Enter")
    select(page, "Status", "broken")
    page.get_by_text("1 of 8 runs").wait_for()
    page.keyboard.press("Escape")
    open_page(page, address, page="runs")
    select(page, "Run", "hand/second")
    page.get_by_role("button", name="Open run").click()
    page.get_by_role("heading", level=1, name="Run", exact=True).wait_for()
    assert folder_id(Path("hand/second")) in page.url
    assert "second" not in page.url


@pytest.mark.parametrize("row", [0, 2])
def test_a_click_on_a_run_opens_it(page: Any, address: str, tmp_path: Path, row: int) -> None:
    open_page(page, address)
    page.get_by_label("Filter").fill("seed0" if row else "hand")
    page.get_by_label("Filter").press("Enter")
    page.get_by_text(f"{4 if row else 2} of 8 runs").wait_for()
    wait_until_idle(page)
    grid = page.get_by_test_id("stDataFrame")
    box = grid.bounding_box()
    heading = box["height"] - (4 if row else 2) * ROW_HEIGHT
    assert 20 < heading < ROW_HEIGHT
    page.mouse.click(box["x"] + 60, box["y"] + heading + (row + 0.5) * ROW_HEIGHT)
    page.get_by_role("heading", level=1, name="Run", exact=True).wait_for()
    expected = "points-seed0" if row else "hand/first"
    assert folder_id(Path(expected)) in page.url
    open_page(page, address)
    page.get_by_text("8 of 8 runs").wait_for()
    wait_until_idle(page)
    assert page.get_by_role("heading", level=1).inner_text() == "Runs"


def test_other_sites_get_nothing(address: str) -> None:
    port = int(address.rpartition(":")[2])
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }

    def status(path: str, **headers: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        framing = (answer.headers["X-Frame-Options"], answer.headers["Content-Security-Policy"])
        if answer.status not in (101, 403) or not path.endswith("stream"):
            assert framing == ("SAMEORIGIN", "frame-ancestors 'self'")
        connection.close()
        return answer.status

    stream, own = "/_stcore/stream", f"http://127.0.0.1:{port}"
    assert status(stream, Origin=own, **upgrade) == 101
    for origin in (f"http://127.0.0.1:{port + 1}", f"http://localhost:{port}", "null", "http://evil.example"):
        assert status(stream, Origin=origin, **upgrade) == 403
        assert status("/_stcore/health", Origin=origin) == 403
    for path in ("/", "/_stcore/metrics", "/_stcore/health"):
        assert status(path) == 200
        assert status(path, Host=f"localhost:{port}") == 200
        assert status(path, Host="evil.example") == 403


def test_a_run_shows_curves_timeline_layers_and_records(page: Any, address: str, tmp_path: Path) -> None:
    open_page(page, address, page="run", run=folder_id(Path("hand/first")))
    chart = frame(page).locator(".chart", has_text="Losses").first
    chart.locator("path.line").first.wait_for()
    assert chart.locator("path.line").count() == 2
    screenshot(page, "run", tmp_path)
    page.get_by_role("radio", name="Layers").click()
    layers = frame(page).locator(".chart", has_text="Layers of G").first
    layers.get_by_role("button", name="layers.0.weight").wait_for()
    page.get_by_role("radio", name="Records").click()
    frame(page).get_by_text("gan-r1-ring8").first.wait_for(state="attached")
    page.get_by_role("radio", name="Timeline").click()
    timeline = frame(page).locator(".timeline")
    step = timeline.locator("output")
    sync_api.expect(step).to_have_text("step 40")
    timeline.locator("input[type=range]").focus()
    page.keyboard.press("Home")
    sync_api.expect(step).to_have_text("step 10")
    timeline.get_by_role("button", name="Play").click()
    sync_api.expect(step).to_have_text("step 40")
    height = page.locator("iframe").last.bounding_box()["height"]
    page_height = frame(page).locator("body").evaluate("body => body.getBoundingClientRect().height")
    assert abs(height - page_height) < 20, "the frame has the height of its page"


def test_a_run_updates_while_it_trains(page: Any, address: str, root: Path) -> None:
    run = Run(root / "hand/second")
    with run.lock():
        open_page(page, address, page="run", run=folder_id(Path("hand/second")))
        page.get_by_text("running").first.wait_for()
        page.get_by_text("40 of 40").wait_for()
        run.events.append("scalars", 50, loss=1.0)
        page.get_by_text("50 of 40").wait_for()


def test_two_runs_are_compared_under_one_slider(page: Any, address: str, tmp_path: Path) -> None:
    open_page(page, address, page="compare")
    page.get_by_role("combobox", name="Runs").click()
    page.get_by_role("option", name="hand/first", exact=True).click()
    page.get_by_role("option", name="hand/second", exact=True).click()
    page.keyboard.press("Escape")
    sync_api.expect(page.get_by_text("Select 2 to 6 runs")).to_be_hidden()
    panel = frame(page)
    row = panel.locator("tr", has_text="seed").first
    sync_api.expect(row.locator("td")).to_have_text(["7", "8"])
    timeline = panel.locator(".timeline")
    timeline.locator("input[type=range]").focus()
    page.keyboard.press("Home")
    shown = timeline.locator("img:visible")
    sync_api.expect(shown).to_have_count(2)
    assert [image.get_attribute("data-step") for image in shown.all()] == ["10", "10"]
    names = panel.locator(".chart").first.locator(".legend button").all_inner_texts()
    assert [name.strip() for name in names] == ["hand/first", "hand/second"]
    screenshot(page, "compare", tmp_path)


def test_hostile_text_stays_text(page: Any, address: str) -> None:
    open_page(page, address, page="run", run=folder_id(Path("hostile <b>&")))
    frame(page).get_by_text(HOSTILE).first.wait_for(state="attached")
    open_page(page, address, page="run", run="../../etc/passwd")
    page.get_by_text("is not in this folder").wait_for()


def test_a_class_is_sampled_and_downloaded(page: Any, address: str, root: Path, tmp_path: Path) -> None:
    open_page(page, address, page="playground", run=folder_id(Path("classes-seed0")))
    wait_for_image(page, " samples")
    select(page, "Class", Run(root / "classes-seed0").info.classes[1])
    wait_for_image(page, "32 samples")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download NPZ").click()
    arrays = np.load(download.value.path())
    assert arrays["labels"].tolist() == [1] * 32
    with page.expect_download() as download:
        page.get_by_role("button", name="Download PNG").click()
    assert Image.open(download.value.path()).format == "PNG"
    screenshot(page, "playground-class", tmp_path)


def test_points_are_drawn_over_the_scores_of_d(page: Any, address: str, tmp_path: Path) -> None:
    open_page(page, address, page="playground", run=folder_id(Path("points-seed0")))
    wait_for_image(page, "1000 samples")
    screenshot(page, "playground-points", tmp_path)
    page.get_by_text("Interpolate between two seeds").click()
    page.get_by_label("Second seed").wait_for()
    page.get_by_role("img", name="5000 samples").wait_for()


@pytest.mark.parametrize(("scheme", "corner"), [("light", 255), ("dark", 23)])
def test_a_plot_is_dark_on_a_dark_page_and_white_in_its_file(
    browser: Any, address: str, scheme: str, corner: int
) -> None:
    page = browser.new_page(color_scheme=scheme)
    page.set_default_timeout(TIMEOUT)
    open_page(page, address, page="playground", run=folder_id(Path("points-seed0")))
    image = wait_for_image(page, "1000 samples")
    shown = Image.open(io.BytesIO(page.request.get(urljoin(page.url, image.get_attribute("src"))).body()))
    assert shown.convert("RGB").getpixel((0, 0)) == (corner, corner, corner)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download PNG").click()
    assert Image.open(download.value.path()).convert("RGB").getpixel((0, 0)) == (255, 255, 255)
    page.close()


def test_directions_and_sources_of_representations(page: Any, address: str, tmp_path: Path) -> None:
    open_page(page, address, page="playground", run=folder_id(Path("points-seed0")))
    image = wait_for_image(page, "1000 samples")
    before = image.get_attribute("src")
    page.get_by_text("Move along latent directions").click()
    slider = page.get_by_role("slider", name="Direction 1")
    slider.press("ArrowRight")
    page.wait_for_function("s => !document.querySelector(`img[src='${s}']`)", arg=before, polling=100)
    wait_until_idle(page)
    screenshot(page, "playground-directions", tmp_path)
    open_page(page, address, page="playground", run=folder_id(Path("representations-seed0")))
    wait_for_image(page, "32 samples")
    select(page, "Representations", "random, all directions equally likely")
    wait_for_image(page, "32 samples")


def test_images_are_accepted_and_other_files_rejected(page: Any, address: str, tmp_path: Path) -> None:
    open_page(page, address, page="playground", run=folder_id(Path("codes-seed0")))
    upload = page.locator("input[type=file]")
    buffer = io.BytesIO()
    Image.new("RGB", (50, 30), "teal").save(buffer, "PNG")
    upload.set_input_files({"name": "good.png", "mimeType": "image/png", "buffer": buffer.getvalue()})
    page.get_by_text("D's score is").wait_for()
    page.get_by_role("img", name="your image: model input").wait_for()
    screenshot(page, "playground-upload", tmp_path)
    hostile = "<img src=x onerror=window.executed=1>.png"
    upload.set_input_files({"name": hostile, "mimeType": "image/png", "buffer": b"no picture"})
    page.get_by_text("cannot be used: the image format is not supported").wait_for()
    wait_until_idle(page)
    assert not page.get_by_text("D's score is").is_visible()


@pytest.mark.parametrize(
    ("host", "origin", "accepted"),
    [
        ("127.0.0.1", "http://127.0.0.1", True),
        ("127.0.0.1", "http://attacker.example", False),
        (
            "attacker.example",
            "http://attacker.example",
            False,
        ),  # the attacker's name, resolving to this machine
    ],
)
def test_requests_from_other_sites_are_rejected(address: str, host: str, origin: str, accepted: bool) -> None:
    port = int(address.rpartition(":")[2])
    lines = [
        "GET /_stcore/stream HTTP/1.1",
        f"Host: {host}:{port}",
        f"Origin: {origin}:{port}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]
    with socket.create_connection(("127.0.0.1", port), timeout=120) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        status = connection.recv(100).split()[1]
    assert (status == b"101") == accepted


def test_raw_paths_expose_no_files(address: str, root: Path) -> None:
    port = int(address.rpartition(":")[2])
    (root.parent / "secret").write_text("a secret")
    paths = [f"/{root.parent}/secret", "/media/../../secret", "/static/..%2f..%2fsecret", "//etc/passwd"]
    for path in [*paths, "/../secret", "/app/static/..\\secret", "/component/x/../../secret"]:
        with socket.create_connection(("127.0.0.1", port), timeout=120) as connection:
            connection.sendall(
                f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode()
            )
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        assert b"a secret" not in answer
        assert b"root:" not in answer
