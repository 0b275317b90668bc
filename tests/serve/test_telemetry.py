"""Numbers for Prometheus: one series for each route, whatever clients ask for."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families
from tests.support.serving import Client

from ganbench.serve.telemetry import Telemetry


def values(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_batches_and_requests_are_counted() -> None:
    telemetry = Telemetry()
    telemetry.observe_batch("m", 5, 0.2)
    telemetry.observe_batch("m", 32, 0.4)
    telemetry.observe_request("/sample", 200, 0.3)
    seen = values(telemetry.render().decode())
    assert seen["ganbench_batch_rows_sum", frozenset({("model", "m")})] == 37
    assert seen["ganbench_batch_seconds_count", frozenset({("model", "m")})] == 2
    assert seen["ganbench_requests_total", frozenset({("route", "/sample"), ("status", "200")})] == 1


def test_paths_of_clients_are_no_labels(client: Client) -> None:
    for path in ("/a", "/b", "/sample/x"):
        client.get(path)
    seen = values(client.get("/metrics").body.decode())
    routes = {dict(labels)["route"] for name, labels in seen if name == "ganbench_requests_total"}
    assert "other" in routes
    assert not routes & {"/a", "/b", "/sample/x"}
    assert seen["ganbench_queued", frozenset({("model", "images")})] == 0
