"""Clients that load a server: each sends one request after the other on a connection, and may break off midway."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

_LONGEST_WAIT = 0.05  # seconds that a client waits at most before it breaks off


@dataclass(frozen=True)
class Request:
    """A request for samples.

    Attributes:
        path: The path and the parameters.
        samples: The number of samples.
        expected: The body that the answer must have; None for any.
    """

    path: str
    samples: int
    expected: bytes | None = None


@dataclass
class Outcome:
    """What became of the requests: latencies are in seconds, of answered requests."""

    answered: int = 0
    samples: int = 0
    broken_off: int = 0
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def percentile(self, share: float) -> float:
        """Return the latency in ms below which this share of the answers was."""
        ordered = sorted(self.latencies)
        return round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)


def load(port: int, requests: Iterator[Request], clients: int, broken_off: float = 0.0) -> Outcome:
    """Send requests from so many clients at once until there are none left.

    Args:
        port: The server's port on this machine.
        requests: The requests.
        clients: The number of connections.
        broken_off: The share of requests whose client closes the connection before it has an answer.
    """
    outcome = Outcome()

    async def run() -> None:
        await asyncio.gather(
            *(_client(port, requests, broken_off, outcome, random.Random(i)) for i in range(clients))
        )

    start = time.monotonic()
    asyncio.run(run())
    outcome.seconds = time.monotonic() - start
    return outcome


async def _client(
    port: int, requests: Iterator[Request], broken_off: float, outcome: Outcome, chance: random.Random
) -> None:
    connection = await asyncio.open_connection("127.0.0.1", port)
    for request in requests:
        start = time.monotonic()
        reader, writer = connection
        writer.write(f"GET {request.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        if chance.random() < broken_off:
            await asyncio.sleep(chance.uniform(0, _LONGEST_WAIT))
            writer.transport.abort()
            outcome.broken_off += 1
            connection = await asyncio.open_connection("127.0.0.1", port)
            continue
        try:
            status, body = await _read(reader)
        except (OSError, asyncio.IncompleteReadError) as error:
            outcome.lost.append(f"{request.path}: {error!r}")
            connection = await asyncio.open_connection("127.0.0.1", port)
            continue
        if status != 200:
            outcome.lost.append(f"{request.path}: {status} {body[:200]!r}")
        elif request.expected is not None and body != request.expected:
            outcome.wrong.append(request.path)
        else:
            outcome.answered += 1
            outcome.samples += request.samples
            outcome.latencies.append(time.monotonic() - start)
    connection[1].close()


async def _read(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Return the status and the body of a response."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = next(line for line in head.split("\r\n") if line.startswith("content-length:"))
    return int(head.split()[1]), await reader.readexactly(int(length.partition(":")[2]))
