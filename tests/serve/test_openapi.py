"""The schema has the pages, the models and the limits of its server."""

from __future__ import annotations

from typing import Any

from tests.serve.conftest import LIMITS, start

from ganbench.inference.model import Model
from ganbench.serve.app import create_app
from ganbench.serve.telemetry import Telemetry


def paths(models: dict[str, Model]) -> dict[str, Any]:
    """Return the pages of a server with these models, by path."""
    telemetry = Telemetry()
    served = start(models, telemetry)
    for each in served:
        each.batcher.close()
    schema: dict[str, Any] = create_app(served, telemetry, LIMITS).openapi()
    return dict(schema["paths"])


def parameter(pages: dict[str, Any], path: str, name: str) -> Any:
    (operation,) = pages[path].values()
    return next(p for p in operation["parameters"] if p["name"] == name)


def test_each_page_has_the_models_that_are_capable_of_it(models: dict[str, Model]) -> None:
    pages = paths({kind: models[kind] for kind in ("points", "encoder", "translator")})
    for path, names in (
        ("/sample", ["points", "encoder"]),
        ("/encode", ["encoder"]),
        ("/translate", ["translator"]),
    ):
        model = parameter(pages, path, "model")
        assert model["schema"] == {"type": "string", "enum": names}
        assert model["required"] == (len(names) > 1)
    for path, name in (("/sample", "n"), ("/interpolate", "steps")):
        assert parameter(pages, path, name)["schema"]["maximum"] == LIMITS.samples


def test_pages_that_no_model_is_capable_of_are_left_out(models: dict[str, Model]) -> None:
    pages = paths({"points": models["points"]})
    assert {"/", "/sample", "/interpolate", "/models", "/health", "/metrics"} == set(pages)
    assert not parameter(pages, "/sample", "model")["required"]
