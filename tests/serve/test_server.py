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
from fastapi import FastAPI

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
