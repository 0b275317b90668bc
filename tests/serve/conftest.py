"""Narrow models of each kind with random weights, and a server that has them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from benchmarks.export_parity import random_model
from tests.support.serving import Client, running

from ganbench.inference.model import Model
from ganbench.recipes.registry import find_recipe
from ganbench.serve.app import create_app
from ganbench.serve.limits import Limits
from ganbench.serve.served_model import ServedModel, start_model
from ganbench.serve.telemetry import Telemetry

RECIPES = {
    "images": "dcgan-shapes",
    "classes": "sndcgan-projection-cifar10",
    "points": "gan-ring8",
    "encoder": "bigan-mnist",
    "translator": "cyclegan-mnist",
    "representations": "simsiam-gan-shapes",
}
LIMITS = Limits(samples=50, images=3, body_megabytes=1)


@pytest.fixture(scope="session")
def models() -> dict[str, Model]:
    """The models by kind. Only the thread of a server may use them while it runs."""
    return {kind: random_model(recipe, 8) for kind, recipe in RECIPES.items()}


def start(models: dict[str, Model], telemetry: Telemetry, limits: Limits = LIMITS) -> list[ServedModel]:
    """Return the models with batchers; the application that has them closes these."""
    return [
        start_model(kind, model, find_recipe(RECIPES[kind], "laptop"), telemetry, batch=8, limits=limits)
        for kind, model in models.items()
    ]


@pytest.fixture(scope="session")
def client(models: dict[str, Model]) -> Iterator[Client]:
    """A client of a server with all models."""
    telemetry = Telemetry()
    with running(create_app(start(models, telemetry), telemetry, LIMITS, hosts=("127.0.0.1",))) as connected:
        yield connected
