from __future__ import annotations

import inspect
import json
import typing

import pytest

from ganbench.data.archive import archive
from ganbench.data.folder import folder
from ganbench.data.registry import dataset_named, datasets, takes_path
from ganbench.data.toy import ring8
from ganbench.errors import UserError


def test_the_promised_names_are_there() -> None:
    promised = (
        "ring8 grid25 mixture1d shapes mnist fashion-mnist cifar10 cifar10-jpeg imagenette64 folder archive "
        "stacked-mnist"
    )
    assert set(promised.split()) <= set(datasets())


def test_names_and_paths_are_resolved() -> None:
    assert dataset_named("ring8") == (ring8, {})
    assert dataset_named("folder:/a/b c") == (folder, {"path": "/a/b c"})
    assert dataset_named("archive:x:y.npz") == (archive, {"path": "x:y.npz"})


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
def test_mistakes_are_named(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        dataset_named(text)


@pytest.mark.parametrize("name", sorted(datasets()))
def test_every_function_can_be_stored_in_a_recipe_and_listed(name: str) -> None:
    function = datasets()[name]
    documentation = inspect.getdoc(function)
    assert documentation is not None
    assert "\n" not in documentation
    hints = typing.get_type_hints(function)
    parameters = list(inspect.signature(function).parameters.values())
    for parameter in parameters[1 if takes_path(function) else 0 :]:
        assert parameter.name in hints
        json.dumps(parameter.default)
    assert hasattr(hints["return"], "batch")
