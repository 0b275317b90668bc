"""Share the fixture of real images with the tests of the metrics."""

from tests.metrics.conftest import cifar10

__all__ = ["cifar10"]
