"""Features from user functions: only of trusted modules, and with checked results."""

from __future__ import annotations

import hashlib

import pytest
import torch

from ganbench.errors import UserError
from ganbench.metrics.extractors.user_function import FunctionFeatures, function_features
from ganbench.recipes.registry import import_file

SOURCE = """
import torch

def means(images):
    return images.double().mean((2, 3))

def failing(images):
    raise RuntimeError("no such thing")

number = 3
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Import a file as --module does, and undo it afterwards."""
    import sys

    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    path = tmp_path / "user_features.py"
    path.write_text(SOURCE)
    return import_file(path).__name__


def test_features_of_a_trusted_function(module, random_images):
    features = function_features(f"{module}:means", {module}, (1, 28, 28))
    assert features.name == f"{module}:means"
    assert features.weights_sha256 == hashlib.sha256(SOURCE.encode()).hexdigest()
    assert features.preprocessing["input"] == "uint8"
    assert features.dims == 1
    images = random_images(4, (1, 28, 28))
    values = features(images)
    assert values.dtype == torch.float32
    torch.testing.assert_close(values, images.float().mean((2, 3)))
    assert features(images[:0]).shape == (0, 1)
    assert function_features(f"{module}:means", {module}).dims == 3


def test_only_trusted_modules_are_run(module):
    with pytest.raises(UserError, match=r"'os:system' would run code outside ganbench; .* with --module"):
        function_features("os:system", {module})
    with pytest.raises(UserError, match="with --module"):
        function_features(f"{module}:means", ())


def test_unknown_functions_are_refused(module):
    with pytest.raises(UserError, match=rf"no function 'mean' in {module}; did you mean 'means'\?"):
        function_features(f"{module}:mean", {module})
    with pytest.raises(UserError, match="no function 'number'"):
        function_features(f"{module}:number", {module})


def test_the_error_names_a_failing_function(module):
    with pytest.raises(
        UserError, match=rf"'{module}:failing' failed on images \[2, 3, 32, 32\]: RuntimeError: no"
    ):
        _ = function_features(f"{module}:failing", {module}).dims


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: x.float(), r"must map images \[2, 3, 32, 32\] to features \[2, F\], but returned shape"),
        (lambda x: x[:1, 0, 0].float(), r"but returned shape \[1, 32\]"),
        (lambda x: [0.0], "but returned list"),
        (lambda x: torch.full((len(x), 2), torch.nan), "not finite"),
    ],
    ids=["images", "too few", "list", "nan"],
)
def test_wrong_results_are_refused(function, message):
    with pytest.raises(UserError, match=message):
        _ = FunctionFeatures("a:b", function, "0").dims


def test_the_number_of_features_must_not_change():
    features = FunctionFeatures("a:b", lambda x: torch.zeros(len(x), len(x)), "0")
    assert features.dims == 2
    with pytest.raises(UserError, match="returned 5 features, and 2 before"):
        features(torch.zeros(5, 3, 8, 8, dtype=torch.uint8))
    with pytest.raises(TypeError, match="uint8"):
        features(torch.zeros(5, 3, 8, 8))


def test_features_have_no_gradient():
    weight = torch.ones(3, requires_grad=True)
    features = FunctionFeatures("a:b", lambda x: x.float().mean((2, 3)) * weight, "0")
    assert not features(torch.zeros(2, 3, 8, 8, dtype=torch.uint8)).requires_grad
