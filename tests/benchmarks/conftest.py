"""The tests of the benchmarks share the real pictures of the metrics' tests."""

from tests.metrics.conftest import cifar10

__all__ = ["cifar10"]
