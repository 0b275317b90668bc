"""Who may connect, and what a page gets and may do."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect
from tests.playground.test_messages import ANYTHING

from ganbench.dashboard.server import LOCAL_NAMES
from ganbench.errors import RunError, UserError
from ganbench.playground.app import create_app
from ganbench.playground.catalogue import Catalogue
from ganbench.playground.limits import PlaygroundLimits
from ganbench.playground.training import Training

TOKEN = "a/token=with+signs-in-it"
SMALL = {"type": "start", "recipe": "gan-ring8", "batch": 4, "critic_steps": 2, "steps": 1000}
ADDRESS = "ws://127.0.0.1/session"


@contextmanager
def serving(
    catalogue: Catalogue, limits: PlaygroundLimits | None = None, token: str | None = None
) -> Iterator[TestClient]:
    app = create_app(catalogue, limits or PlaygroundLimits(), token=token, hosts=LOCAL_NAMES)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture(scope="module")
def client(catalogue: Catalogue) -> Iterator[TestClient]:
    with serving(catalogue) as client:
        yield client


class Page:
    """What a page does: it says when it has shown a frame, and reads the other messages."""

    def __init__(self, socket: WebSocketTestSession) -> None:
        self.socket = socket
        self.hello = self.until("hello")

    def send(self, message: object) -> None:
        self.socket.send_text(json.dumps(message))

    def read(self) -> dict[str, Any]:
        message: dict[str, Any] = self.socket.receive_json()
        if message["type"] == "frame":
            self.send({"type": "shown"})
        return message

    def until(self, kind: str, **values: Any) -> dict[str, Any]:
        """Return the next message of a type and with these values."""
        for _ in range(500):
            message = self.read()
            if message["type"] == kind and all(message[name] == value for name, value in values.items()):
                return message
        raise AssertionError(f"there is no {kind} with {values}")

    def ask(self, message: object, kind: str, **values: Any) -> dict[str, Any]:
        self.send(message)
        return self.until(kind, **values)


@contextmanager
def connected(client: TestClient, **headers: str) -> Iterator[Page]:
    with client.websocket_connect(ADDRESS, headers=headers) as socket:
        yield Page(socket)


def assert_refused(client: TestClient, **how: Any) -> None:
    """The server closes a connection before it is accepted."""
    with pytest.raises(WebSocketDisconnect):
        client.websocket_connect(ADDRESS, **how).__enter__()


@pytest.fixture
def page(client: TestClient) -> Iterator[Page]:
    with connected(client) as page:
        yield page


def test_the_page_is_served_without_a_token(catalogue: Catalogue) -> None:
    with serving(catalogue, token=TOKEN) as client:
        reply = client.get("/")
        assert (reply.status_code, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert reply.headers["x-frame-options"] == "SAMEORIGIN"
        assert client.get("/docs").status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:8601"},
        {"Origin": "null"},
        {"Host": "evil.example"},
        {"Host": "evil.example", "Origin": "http://evil.example"},
    ],
)
def test_other_sites_cannot_connect(client: TestClient, headers: dict[str, str]) -> None:
    assert client.get("/", headers=headers).status_code == 403
    assert_refused(client, headers=headers)
    with connected(client, Origin="http://127.0.0.1") as page:
        assert page.hello["recipes"]


def test_connections_need_the_token(catalogue: Catalogue) -> None:
    hexadecimals = TOKEN.encode().hex()
    with serving(catalogue, token=TOKEN) as client:
        for names in (["ganbench"], [f"ganbench.{hexadecimals}0"], [hexadecimals], [TOKEN.replace("/", "")]):
            assert_refused(client, subprotocols=names)
        with client.websocket_connect(
            ADDRESS, subprotocols=["ganbench", f"ganbench.{hexadecimals}"]
        ) as socket:
            accepted: Any = socket.accepted_subprotocol
            assert accepted == "ganbench"
        with connected(client, Authorization=f"Bearer {TOKEN}") as page:
            assert page.hello["datasets"]


def test_a_training_is_started_run_paused_and_stepped(page: Page) -> None:
    started = page.ask({**SMALL, "seed": 3}, "started")
    assert (started["recipe"], started["seed"], started["steps"]) == ("gan-ring8", 3, 1000)
    assert len(started["real"]) == 1000
    first = page.until("frame")
    assert (first["step"], first["losses"]) == (0, {})
    page.ask({"type": "run"}, "state", state="running")
    later = page.until("frame")
    while later["step"] < 5:
        later = page.until("frame")
    assert set(later["losses"]) == {"D/adversarial", "G/adversarial"}
    assert later["fakes"] != first["fakes"]
    page.ask({"type": "pause"}, "state", state="paused")
    step = page.ask({"type": "step"}, "frame")["step"]
    assert page.ask({"type": "step"}, "frame", step=step + 1)
    state = page.ask({"type": "step"}, "state")
    assert state["state"] == "paused"
    assert page.until("frame")["step"] == step + 2


def test_the_schedule_ends(page: Page) -> None:
    page.ask({**SMALL, "steps": 3}, "started")
    page.ask({"type": "run"}, "state", state="finished")
    page.until("frame", step=3)
    assert page.ask({"type": "step"}, "state")["state"] == "finished"
    assert page.ask({"type": "run"}, "state")["state"] == "finished"


def test_updates_are_shown_in_slow_motion(page: Page) -> None:
    page.ask(SMALL, "frame")
    page.send({"type": "speed", "steps_per_second": 2, "phases": True})
    page.send({"type": "step"})
    seen = [page.until("frame") for _ in range(4)]
    assert [bool(frame["phase"]) for frame in seen] == [True, True, True, False]
    assert [frame["step"] for frame in seen] == [0, 0, 0, 1]
    page.send({"type": "step"})
    page.until("frame")
    page.send({"type": "step"})  # to the end of the present step
    assert page.until("frame", step=2, phase="")


def test_a_changed_rate_is_in_the_saved_recipe(page: Page) -> None:
    page.ask(SMALL, "frame")
    page.ask({"type": "step"}, "frame", step=1)
    page.send({"type": "rates", "rates": {"G": 0.0125}})
    saved = page.ask({"type": "save"}, "recipe")
    assert json.loads(saved["text"])["optimizers"]["G"]["lr"] == 0.0125
    assert (saved["name"], saved["exact"]) == ("gan-ring8.json", False)


def test_a_refused_start_keeps_the_training(page: Page) -> None:
    page.ask(SMALL, "frame")
    page.ask({"type": "step"}, "frame", step=1)
    assert "did you mean" in page.ask({**SMALL, "recipe": "gan-rnig8"}, "error")["message"]
    assert page.ask({"type": "step"}, "frame", step=2)
    page.send({"type": "average", "shown": True})
    assert page.until("frame", step=2)


def test_a_page_that_shows_nothing_gets_no_more_frames(client: TestClient) -> None:
    """The training goes on, and the frame after the page has shown one is the newest."""
    with client.websocket_connect(ADDRESS) as socket:
        for message in (SMALL, {"type": "run"}):
            socket.send_json(message)
        kinds: list[str] = []
        while kinds.count("state") < 2 or "frame" not in kinds:
            kinds.append(socket.receive_json()["type"])
        for _ in range(20):  # each is answered in a turn of its own
            socket.send_json({"type": "save"})
            kinds.append(socket.receive_json()["type"])
            time.sleep(0.005)
        assert kinds.count("frame") == 1
        socket.send_json({"type": "shown"})
        message = socket.receive_json()
        assert message["type"] == "frame"
        assert message["step"] >= 5


@pytest.mark.parametrize("error", [RunError("the run diverged"), UserError("the parts do not fit together")])
def test_a_failed_training_says_so_and_can_be_replaced(
    page: Page, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    page.ask(SMALL, "frame")
    with monkeypatch.context() as patch:
        patch.setattr(Training, "advance", Mock(side_effect=error))
        page.send({"type": "run"})
        assert page.until("state", state="failed")["message"] == str(error)
    assert page.ask({"type": "run"}, "state")["state"] == "failed"
    assert page.ask({"type": "step"}, "state")["state"] == "failed"
    page.ask(SMALL, "state", state="paused")
    assert page.until("frame")["step"] == 0


@pytest.mark.parametrize("type_", ["run", "pause", "step", "save", "rates", "average"])
def test_nothing_can_be_done_before_the_start(page: Page, type_: str) -> None:
    extra: dict[str, dict[str, Any]] = {"rates": {"rates": {}}, "average": {"shown": True}}
    page.send({"type": type_, **extra.get(type_, {})})
    if type_ == "pause":
        assert page.until("state")["state"] == "paused"
    else:
        assert "nothing has been started" in page.until("error")["message"]


def test_garbled_messages_never_end_the_connection(client: TestClient) -> None:
    with connected(client) as page:

        @settings(max_examples=40, suppress_health_check=list(HealthCheck))
        @given(text=ANYTHING, marker=st.integers(0))
        def check(text: str, marker: int) -> None:
            page.socket.send_text(text)
            page.send({"type": "start", "recipe": f"marker {marker}"})
            while f"'marker {marker}'" not in page.until("error")["message"]:
                pass

        check()
        page.socket.send_bytes(b"\xff\x00")
        assert "none that the server knows" in page.until("error")["message"]
        page.socket.send_text("x" * (PlaygroundLimits().message_bytes + 1))
        assert "at most 131,072 bytes" in page.until("error")["message"]
        assert page.ask(SMALL, "started")


def test_pages_beyond_the_limit_are_told_so(catalogue: Catalogue) -> None:
    with serving(catalogue, PlaygroundLimits(sessions=2)) as client:
        with connected(client), connected(client), client.websocket_connect(ADDRESS) as socket:
            assert "2 pages are connected already" in socket.receive_json()["message"]
            with pytest.raises(WebSocketDisconnect) as closed:
                socket.receive_json()
            assert closed.value.code == 1013
        with connected(client) as page:  # the places are free again
            assert page.hello


def test_pages_train_in_turns_and_are_apart(client: TestClient) -> None:
    with connected(client) as one, connected(client) as other:
        for page, seed in ((one, 1), (other, 2)):
            page.ask({**SMALL, "seed": seed}, "frame")
            page.ask({"type": "run"}, "state", state="running")
        steps = [page.until("frame")["step"] for page in (one, other, one, other)]
        assert min(steps[2:]) > 0
        one.ask({"type": "pause"}, "state", state="paused")
        a, b = (page.ask({**SMALL, "seed": 7}, "started") and page.until("frame") for page in (one, other))
        assert a == b, "one seed, one model"


def test_idle_pages_are_disconnected(catalogue: Catalogue) -> None:
    with (
        serving(catalogue, PlaygroundLimits(idle_seconds=0.05)) as client,
        client.websocket_connect(ADDRESS) as socket,
    ):
        assert socket.receive_json()["type"] == "hello"
        assert "idle" in socket.receive_json()["message"]
        with pytest.raises(WebSocketDisconnect):
            socket.receive_json()
