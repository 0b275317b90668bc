"""The dashboard as a person uses it, in a real browser against the real server that ``ganbench ui`` starts."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.dashboard.runs import trained
from tests.report.example import HOSTILE, example_run
from tests.support.browser import chromium, needs_chromium, sync_api

from ganbench.dashboard.sanitize import id_of
from ganbench.runs.run import Run
from ganbench.utils.files import read_json, write_json

pytest.importorskip("streamlit", reason="streamlit is not installed (it is in the dev extra)")
pytestmark = needs_chromium
PATIENCE = 120_000  # milliseconds, on a machine that trains meanwhile


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs made by hand (two of three with the same recipe, one hostile, one broken), and some that were trained."""
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
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    command = [sys.executable, "-m", "ganbench", "ui", str(root), "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{address}/_stcore/health").close()
                break
            except OSError:
                assert server.poll() is None, server.communicate()[0]
                time.sleep(0.2)
        yield address
        assert server.poll() is None, f"the server ended by itself: {server.returncode}"
    finally:
        server.terminate()
        said = server.communicate(timeout=60)[0]
    assert f"is shown at {address}" in said
    assert "Traceback" not in said, said


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api.expect.set_options(timeout=PATIENCE)
    with chromium() as opened:
        yield opened


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """A page that must not complain, and ask for nothing but the server's own."""
    opened, said, asked = browser.new_page(viewport={"width": 1300, "height": 1000}), [], []
    opened.set_default_timeout(PATIENCE)
    opened.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("request", lambda request: asked.append(request.url))
    yield opened
    assert opened.evaluate("window.executed") is None
    opened.close()
    assert said == []
    foreign = [url for url in asked if not url.startswith((address, "data:", "blob:", "about:"))]
    assert foreign == []


def at(page: Any, address: str, /, **words: str) -> Any:
    page.goto(f"{address}/?{'&'.join(f'{name}={value}' for name, value in words.items())}")
    page.get_by_role("heading", level=1).wait_for()
    return page


def kept(page: Any, name: str, tmp_path: Path) -> None:
    page.screenshot(path=Path(os.environ.get("GANBENCH_SCREENSHOTS", tmp_path)) / f"{name}.png")


def frame(page: Any) -> Any:
    return page.frame_locator("iframe").last


def settled(page: Any) -> None:
    """Wait until all of the page is drawn: what is above is there before what is below."""
    page.locator("[data-test-script-state=notRunning]").wait_for()


def drawn(page: Any, name: str) -> Any:
    """Wait until the page is drawn and the browser holds this picture, and return it.

    The server drops a picture as soon as the next one is made; one still on its way then would not be found.
    """
    picture = page.get_by_role("img", name=name)
    picture.wait_for()
    settled(page)
    page.wait_for_function("i => i.complete && i.naturalWidth > 0", arg=picture.element_handle())
    assert picture.get_attribute("src").endswith(".png"), "shown with losses"
    return picture


def choose(page: Any, label: str, words: str) -> None:
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=words, exact=True).click()


def test_runs_are_listed_filtered_and_opened(page: Any, address: str, tmp_path: Path) -> None:
    at(page, address)
    page.get_by_text("8 of 8 runs").wait_for()
    kept(page, "runs", tmp_path)
    page.get_by_label("Filter").fill("hand")
    page.get_by_label("Filter").press("Enter")
    page.get_by_text("2 of 8 runs").wait_for()
    page.get_by_label("Filter").fill("")
    page.get_by_label("Filter").press("Enter")
    choose(page, "Status", "broken")
    page.get_by_text("1 of 8 runs").wait_for()
    page.keyboard.press("Escape")
    at(page, address, page="runs")
    choose(page, "Run", "hand/second")
    page.get_by_role("button", name="Open the run").click()
    page.get_by_role("heading", level=1, name="Run", exact=True).wait_for()
    assert id_of(Path("hand/second")) in page.url
    assert "second" not in page.url


def test_a_run_shows_curves_timeline_layers_and_records(page: Any, address: str, tmp_path: Path) -> None:
    at(page, address, page="run", run=id_of(Path("hand/first")))
    chart = frame(page).locator(".chart", has_text="Losses").first
    chart.locator("path.line").first.wait_for()
    assert chart.locator("path.line").count() == 2
    kept(page, "run", tmp_path)
    page.get_by_role("radio", name="Layers").click()
    layers = frame(page).locator(".chart", has_text="Layers of G").first
    layers.get_by_role("button", name="layers.0.weight").wait_for()
    page.get_by_role("radio", name="Records").click()
    frame(page).get_by_text("gan-r1-ring8").first.wait_for(state="attached")
    page.get_by_role("radio", name="Timeline").click()
    timeline = frame(page).locator(".timeline")
    said = timeline.locator("output")
    sync_api.expect(said).to_have_text("step 40")
    timeline.locator("input[type=range]").focus()
    page.keyboard.press("Home")
    sync_api.expect(said).to_have_text("step 10")
    timeline.get_by_role("button", name="Play").click()
    sync_api.expect(said).to_have_text("step 40")
    high = page.locator("iframe").last.bounding_box()["height"]
    inside = frame(page).locator("body").evaluate("body => body.getBoundingClientRect().height")
    assert abs(high - inside) < 20, "the frame is as high as its page"


def test_a_run_is_followed_while_it_trains(page: Any, address: str, root: Path) -> None:
    run = Run(root / "hand/second")
    with run.lock():
        at(page, address, page="run", run=id_of(Path("hand/second")))
        page.get_by_text("running").first.wait_for()
        page.get_by_text("40 of 40").wait_for()
        run.events.append("scalars", 50, loss=1.0)
        page.get_by_text("50 of 40").wait_for()


def test_two_runs_are_compared_under_one_slider(page: Any, address: str, tmp_path: Path) -> None:
    at(page, address, page="compare")
    page.get_by_role("combobox", name="Runs").click()
    page.get_by_role("option", name="hand/first", exact=True).click()
    page.get_by_role("option", name="hand/second", exact=True).click()
    page.keyboard.press("Escape")
    sync_api.expect(page.get_by_text("Choose two")).to_be_hidden()
    inside = frame(page)
    row = inside.locator("tr", has_text="seed").first
    sync_api.expect(row.locator("td")).to_have_text(["7", "8"])
    timeline = inside.locator(".timeline")
    timeline.locator("input[type=range]").focus()
    page.keyboard.press("Home")
    shown = timeline.locator("img:visible")
    sync_api.expect(shown).to_have_count(2)
    assert [image.get_attribute("data-step") for image in shown.all()] == ["10", "10"]
    names = inside.locator(".chart").first.locator(".legend button").all_inner_texts()
    assert [name.strip() for name in names] == ["hand/first", "hand/second"]
    kept(page, "compare", tmp_path)


def test_hostile_words_are_words(page: Any, address: str) -> None:
    at(page, address, page="run", run=id_of(Path("hostile <b>&")))
    frame(page).get_by_text(HOSTILE).first.wait_for(state="attached")
    at(page, address, page="run", run="../../etc/passwd")
    page.get_by_text("is not in this folder").wait_for()


def test_a_class_is_sampled_and_downloaded(page: Any, address: str, root: Path, tmp_path: Path) -> None:
    at(page, address, page="playground", run=id_of(Path("classes-seed0")))
    drawn(page, " samples")
    choose(page, "Class", Run(root / "classes-seed0").info.classes[1])
    drawn(page, "32 samples")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download NPZ").click()
    held = np.load(download.value.path())
    assert held["labels"].tolist() == [1] * 32
    with page.expect_download() as download:
        page.get_by_role("button", name="Download PNG").click()
    assert Image.open(download.value.path()).format == "PNG"
    kept(page, "playground-class", tmp_path)


def test_points_are_drawn_over_what_d_makes_of_the_plane(page: Any, address: str, tmp_path: Path) -> None:
    at(page, address, page="playground", run=id_of(Path("points-seed0")))
    drawn(page, "1000 samples")
    kept(page, "playground-points", tmp_path)
    page.get_by_text("A way from one seed to another").click()
    page.get_by_label("To seed").wait_for()
    page.get_by_role("img", name="5000 samples").wait_for()


def test_latents_go_along_directions_and_representations_come_from_where_they_are_asked(
    page: Any, address: str, tmp_path: Path
) -> None:
    at(page, address, page="playground", run=id_of(Path("points-seed0")))
    image = drawn(page, "1000 samples")
    before = image.get_attribute("src")
    page.get_by_text("Go along directions of the latent").click()
    slider = page.get_by_role("slider", name="Direction 1")
    slider.press("ArrowRight")
    page.wait_for_function("s => !document.querySelector(`img[src='${s}']`)", arg=before)
    settled(page)
    kept(page, "playground-directions", tmp_path)
    at(page, address, page="playground", run=id_of(Path("representations-seed0")))
    drawn(page, "32 samples")
    choose(page, "Representations", "random, every direction alike")
    drawn(page, "32 samples")


def test_good_pictures_are_taken_and_bad_ones_refused(page: Any, address: str, tmp_path: Path) -> None:
    at(page, address, page="playground", run=id_of(Path("codes-seed0")))
    upload = page.locator("input[type=file]")
    buffer = io.BytesIO()
    Image.new("RGB", (50, 30), "teal").save(buffer, "PNG")
    upload.set_input_files({"name": "good.png", "mimeType": "image/png", "buffer": buffer.getvalue()})
    page.get_by_text("D's score is").wait_for()
    page.get_by_role("img", name="your picture, as the model sees it").wait_for()
    kept(page, "playground-upload", tmp_path)
    hostile = "<img src=x onerror=window.executed=1>.png"
    upload.set_input_files({"name": hostile, "mimeType": "image/png", "buffer": b"no picture"})
    page.get_by_text("cannot be used: not a picture").wait_for()
    settled(page)
    assert not page.get_by_text("D's score is").is_visible()


@pytest.mark.parametrize(
    ("host", "origin", "welcome"),
    [
        ("127.0.0.1", "http://127.0.0.1", True),
        ("127.0.0.1", "http://attacker.example", False),
        ("attacker.example", "http://attacker.example", False),  # a name of theirs that leads to this machine
    ],
)
def test_no_other_site_gets_in(address: str, host: str, origin: str, welcome: bool) -> None:
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
    with socket.create_connection(("127.0.0.1", port), timeout=120) as asking:
        asking.sendall("\r\n".join([*lines, "", ""]).encode())
        status = asking.recv(100).split()[1]
    assert (status == b"101") == welcome


def test_raw_paths_lead_nowhere(address: str, root: Path) -> None:
    port = int(address.rpartition(":")[2])
    (root.parent / "secret").write_text("a secret")
    paths = [f"/{root.parent}/secret", "/media/../../secret", "/static/..%2f..%2fsecret", "//etc/passwd"]
    for path in [*paths, "/../secret", "/app/static/..\\secret", "/component/x/../../secret"]:
        with socket.create_connection(("127.0.0.1", port), timeout=120) as asking:
            asking.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
            answer = b"".join(iter(lambda: asking.recv(65536), b""))
        assert b"a secret" not in answer
        assert b"root:" not in answer
