"""Numbers for Prometheus: requests, samples, batches and the queue."""

from __future__ import annotations

import time

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from ganbench.dashboard.guard import Application, Message, Receive, Scope, Send
from ganbench.serve.batching import Batcher

MEDIA_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Telemetry:
    """The numbers of one server."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "ganbench_requests", "Answered requests.", ("route", "status"), registry=registry
        )
        self._seconds = Histogram(
            "ganbench_request_seconds", "Time to answer.", ("route",), buckets=_SECONDS, registry=registry
        )
        self._rows = Histogram(
            "ganbench_batch_rows",
            "Samples or images in a batch.",
            ("model",),
            buckets=_ROWS,
            registry=registry,
        )
        self._batch_seconds = Histogram(
            "ganbench_batch_seconds",
            "Time to compute a batch.",
            ("model",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._queued = Gauge(
            "ganbench_queued", "Samples and images that wait.", ("model",), registry=registry
        )

    def observe_batch(self, model: str, rows: int, seconds: float) -> None:
        """Record a batch of a model."""
        self._rows.labels(model).observe(rows)
        self._batch_seconds.labels(model).observe(seconds)

    def observe_request(self, route: str, status: int, seconds: float) -> None:
        """Record an answered request."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def watch_queue(self, model: str, batcher: Batcher) -> None:
        """Report the length of a model's queue."""
        self._queued.labels(model).set_function(lambda: batcher.queued)

    def render(self) -> bytes:
        """Return all numbers in Prometheus' text format."""
        return generate_latest(self._registry)


class RequestTimer:
    """An ASGI middleware that records each request.

    Args:
        app: The application behind it.
        telemetry: Where to record.
    """

    def __init__(self, app: Application, telemetry: Telemetry) -> None:
        self._app, self._telemetry = app, telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = time.monotonic(), 500

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            route = getattr(
                scope.get("route"), "path", "other"
            )  # not the path: clients may invent any number
            self._telemetry.observe_request(route, status, time.monotonic() - start)
