"""Fixtures of the data and metrics tests."""

from tests.data.conftest import cache
from tests.metrics.conftest import pictures

__all__ = ["cache", "pictures"]
