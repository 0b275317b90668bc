from __future__ import annotations

import inspect
import json
import typing

import pytest

from ganbench.data.archive import archive
from ganbench.data.folder import folder
from ganbench.data.registry import datasets, find_dataset, needs_path
from ganbench.data.toy import ring8
from ganbench.errors import UserError


def test_the_documented_names_exist() -> None:
    documented = (
        "ring8 ring8-narrow grid25 grid25-narrow mixture1d shapes mnist fashion-mnist cifar10 cifar10-jpeg "
        "imagenette64 folder archive stacked-mnist"
    )
    assert set(documented.split()) <= set(datasets())


def test_names_and_paths_are_parsed() -> None:
    assert find_dataset("ring8") == (ring8, {})
    assert find_dataset("folder:/a/b c") == (folder, {"path": "/a/b c"})
    assert find_dataset("archive:x:y.npz") == (archive, {"path": "x:y.npz"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rnig8", "did you mean 'ring8'"),
        ("foldr:/a", "did you mean 'folder'"),
        ("quite-another", "known: archive|ganbench data list"),
        ("folder", "folder:PATH"),
        ("archive:", "archive:PATH"),
        ("ring8:/a", "takes no path"),
    ],
)
def test_wrong_names_are_refused(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        find_dataset(text)


@pytest.mark.parametrize("name", sorted(datasets()))
def test_every_function_can_be_stored_in_a_recipe_and_listed(name: str) -> None:
    function = datasets()[name]
    documentation = inspect.getdoc(function)
    assert documentation is not None
    assert "\n" not in documentation
    hints = typing.get_type_hints(function)
    parameters = list(inspect.signature(function).parameters.values())
    for parameter in parameters[1 if needs_path(function) else 0 :]:
        assert parameter.name in hints
        json.dumps(parameter.default)
    assert hasattr(hints["return"], "batch")
