"""Fixtures of the data and metrics tests."""

from tests.data.conftest import cache
from tests.metrics.conftest import random_images

__all__ = ["cache", "random_images"]
