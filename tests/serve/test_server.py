"""What the server needs, and that it restores what it changes."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import threading
import time
import urllib.request

import pytest
from fastapi import FastAPI, WebSocket
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync import client

from ganbench.errors import UserError
from ganbench.serve.limits import Limits
from ganbench.serve.server import require_packages, run_app


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    require_packages()
    find = importlib.util.find_spec
    missing = {"uvicorn", "prometheus_client"}
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in missing else find(name))
    with pytest.raises(UserError) as refused:
        require_packages()
    assert str(refused.value) == (
        "`ganbench serve` needs uvicorn, prometheus-client: pip install 'ganbench[serve]'"
    )
    with pytest.raises(UserError, match="`ganbench playground` needs uvicorn: pip"):
        require_packages("playground", ("fastapi", "uvicorn"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_once_requests_are_answered(number: signal.Signals) -> None:
    app, begun, bodies = FastAPI(), threading.Event(), []

    @app.get("/slow")
    def slow() -> str:
        begun.set()
        time.sleep(0.3)
        return "answered"

    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/slow"

        def ask() -> None:
            bodies.append(urllib.request.urlopen(address).read())

        def stop() -> None:
            assert begun.wait(20)
            os.kill(os.getpid(), number)

        threads = [threading.Thread(target=ask), threading.Thread(target=stop)]
        before = signal.getsignal(number)
        for thread in threads:
            thread.start()
        run_app(app, listener, Limits())
        for thread in threads:
            thread.join()
    assert bodies == [b'"answered"']
    assert signal.getsignal(number) == before


@pytest.mark.parametrize("message_bytes", [None, 1000])
def test_websockets_are_served_if_messages_have_a_limit(message_bytes: int | None) -> None:
    app, seen = FastAPI(), list[int | str]()

    @app.websocket("/echo")
    async def echo(socket: WebSocket) -> None:
        await socket.accept()
        while True:
            await socket.send_text(await socket.receive_text())

    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"ws://127.0.0.1:{listener.getsockname()[1]}/echo"

        def talk() -> None:
            try:
                with client.connect(address) as connection:
                    connection.send("x" * 1000)
                    seen.append(len(connection.recv()))
                    connection.send("x" * 1001)
                    connection.recv()
            except (InvalidHandshake, ConnectionClosed) as error:
                seen.append(type(error).__name__)
                seen.append(error.rcvd.code if isinstance(error, ConnectionClosed) and error.rcvd else 0)
            finally:
                os.kill(os.getpid(), signal.SIGTERM)

        thread = threading.Thread(target=talk)
        thread.start()
        run_app(app, listener, Limits(), message_bytes=message_bytes)
        thread.join()
    assert seen == (["InvalidStatus", 0] if message_bytes is None else [1000, "ConnectionClosedError", 1009])
