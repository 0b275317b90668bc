"""The installed recipes of the plane, and the recipe files that trainings of the tests use."""

from __future__ import annotations

import pytest

from ganbench.playground.catalogue import Catalogue, read_catalogue


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return read_catalogue()
