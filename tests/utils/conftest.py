"""The tests of the small tools share the fixtures of data and metrics."""

from tests.data.conftest import cache
from tests.metrics.conftest import pictures

__all__ = ["cache", "pictures"]
