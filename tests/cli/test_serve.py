"""The command ``serve`` as a user runs it: a process, a port, requests, and a signal at the end."""

from __future__ import annotations

import io
import re
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
from tests.support.command_line import CommandLine, Process
from tests.support.serving import Client
from tests.support.training import tiny_recipe

from ganbench.experiment.train import train
from ganbench.inference.load import load
from ganbench.runs.run import Run

TOKEN = "a-token-of-the-environment"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(tiny_recipe("gan-ring8"), out=tmp_path_factory.mktemp("run") / "ring")


@contextmanager
def serving(
    cli: CommandLine, *arguments: str | Path, env: dict[str, str] | None = None
) -> Iterator[tuple[Client, Process]]:
    """Start a server at any free port, and kill it at the end if it still runs."""
    process = cli.start("serve", *arguments, "--port", "0", env=env)
    try:
        end = time.monotonic() + 60
        while not process.out.endswith("stop)\n"):
            assert time.monotonic() < end
            assert process.err.count("Traceback") == process.err.count("error:") == 0, process.err
            time.sleep(0.005)
        port = re.search(r":(\d+) \(press Ctrl-C to stop\)\n$", process.out)
        assert port
        yield Client(int(port[1])), process
    finally:
        with suppress(ProcessLookupError):
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_a_signal(cli: CommandLine, run: Run, number: signal.Signals) -> None:
    with serving(cli, run.path) as (client, process):
        assert process.out == f"Serving ring at http://127.0.0.1:{client.port} (press Ctrl-C to stop)\n"
        arrays = np.load(io.BytesIO(client.get("/sample", n=32, seed=3, format="npz").body))
        assert np.array_equal(arrays["samples"], load(run).sample(32, seed=3).numpy())
        connections = [client.connect() for _ in range(20)]
        for connection in connections:
            connection.sendall(b"GET /sample?n=200 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        while (
            'ganbench_requests_total{route="/sample",status="200"}'
            not in client.get("/metrics").body.decode()
        ):
            pass
        process.kill(number)
        answers = [connection.makefile("rb").read() for connection in connections]
        assert [answer[:15] for answer in answers] == [b"HTTP/1.1 200 OK"] * 20
        assert len(set(answers)) == 1
        assert (process.wait(), process.err) == (0, "")


def test_a_second_signal_ends_it_at_once(cli: CommandLine, run: Run) -> None:
    with (
        serving(cli, run.path, "--max-samples", "10000000") as (client, process),
        client.connect() as connection,
    ):
        connection.sendall(b"GET /sample?n=10000000 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        while not re.search(rb'ganbench_queued{model="ring"} [1-9]', client.get("/metrics").body):
            pass
        process.kill(signal.SIGINT)
        process.kill(signal.SIGTERM)
        assert (process.wait() in (130, 143), process.err) == (True, "")


def test_a_token_of_the_environment_is_needed_and_never_shown(cli: CommandLine, run: Run) -> None:
    with serving(cli, run.path, env={"GANBENCH_TOKEN": TOKEN}) as (client, process):
        assert client.get("/sample").status == 401
        assert client.get("/sample", {"Authorization": f"Bearer {TOKEN}"}).status == 200
        process.kill(signal.SIGTERM)
        assert process.wait() == 0
        assert TOKEN not in process.out + process.err


def test_other_machines_need_the_token_that_is_printed(cli: CommandLine, run: Run) -> None:
    with serving(cli, run.path, "--host", "0.0.0.0") as (client, process):
        shown = re.fullmatch(r"token: (\S{40,})\n", process.err)
        assert shown
        assert client.get("/models").status == 401
        headers = {"Authorization": f"Bearer {shown[1]}", "Host": "box.example"}
        assert client.get("/models", headers).json["models"][0]["name"] == "ring"


def test_mistakes_have_exit_code_2(cli: CommandLine, run: Run, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for arguments, message, env in (
            ((tmp_path / "nothing",), "nothing", {}),
            ((run.path, run.path), "error: two models are named 'ring'; give one folder another name\n", {}),
            ((run.path, "--step", "7"), "has no checkpoint of step 7", {}),
            ((run.path, "--port", port), "Address already in use); give another --port\n", {}),
            ((run.path, "--host", "203.0.113.1"), "203.0.113.1", {}),
            ((run.path,), "error: GANBENCH_TOKEN must have at least 16 letters", {"GANBENCH_TOKEN": "short"}),
        ):
            code, out, err = cli.run("serve", *arguments, env=env)
            assert (code, out) == (2, "")
            assert message in err
            assert err.count("\n") == 1
