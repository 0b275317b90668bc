"""Functions of the user's as features: only of trusted modules, and held to what they promise."""

from __future__ import annotations

import hashlib

import pytest
import torch

from ganbench.errors import UserError
from ganbench.metrics.extractors.own_function import OwnFeatures, own_features
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
    """Import a file as --module does, and forget it afterwards."""
    import sys

    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    path = tmp_path / "own_features_of_mine.py"
    path.write_text(SOURCE)
    return import_file(path).__name__


def test_a_trusted_function_gives_features_and_its_source_is_hashed(module, pictures):
    features = own_features(f"{module}:means", {module}, (1, 28, 28))
    assert features.name == f"{module}:means"
    assert features.weights_sha256 == hashlib.sha256(SOURCE.encode()).hexdigest()
    assert features.preprocessing["input"] == "uint8"
    assert features.dims == 1
    images = pictures(4, (1, 28, 28))
    found = features(images)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, images.float().mean((2, 3)))
    assert features(images[:0]).shape == (0, 1)
    assert own_features(f"{module}:means", {module}).dims == 3


def test_only_modules_that_were_named_are_run(module):
    with pytest.raises(UserError, match=r"'os:system' would run code outside ganbench; .* with --module"):
        own_features("os:system", {module})
    with pytest.raises(UserError, match="with --module"):
        own_features(f"{module}:means", ())


def test_names_that_are_no_function_are_refused(module):
    with pytest.raises(UserError, match=rf"no function 'mean' in {module}; did you mean 'means'\?"):
        own_features(f"{module}:mean", {module})
    with pytest.raises(UserError, match="no function 'number'"):
        own_features(f"{module}:number", {module})


def test_a_function_that_fails_is_named(module):
    with pytest.raises(
        UserError, match=rf"'{module}:failing' failed on pictures \[2, 3, 32, 32\]: RuntimeError: no"
    ):
        _ = own_features(f"{module}:failing", {module}).dims


@pytest.mark.parametrize(
    ("result", "fault"),
    [
        (lambda x: x.float(), r"must turn pictures \[2, 3, 32, 32\] into features \[2, F\], but gave shape"),
        (lambda x: x[:1, 0, 0].float(), r"but gave shape \[1, 32\]"),
        (lambda x: [0.0], "but gave list"),
        (lambda x: torch.full((len(x), 2), torch.nan), "not finite"),
    ],
    ids=["pictures", "too few", "list", "nan"],
)
def test_what_is_not_features_is_refused(result, fault):
    with pytest.raises(UserError, match=fault):
        _ = OwnFeatures("a:b", result, "0").dims


def test_the_number_of_features_must_not_change():
    features = OwnFeatures("a:b", lambda x: torch.zeros(len(x), len(x)), "0")
    assert features.dims == 2
    with pytest.raises(UserError, match="gave 5 features, and before 2"):
        features(torch.zeros(5, 3, 8, 8, dtype=torch.uint8))
    with pytest.raises(TypeError, match="uint8"):
        features(torch.zeros(5, 3, 8, 8))


def test_features_carry_no_gradient():
    weight = torch.ones(3, requires_grad=True)
    features = OwnFeatures("a:b", lambda x: x.float().mean((2, 3)) * weight, "0")
    assert not features(torch.zeros(2, 3, 8, 8, dtype=torch.uint8)).requires_grad
