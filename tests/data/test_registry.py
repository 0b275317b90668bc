from __future__ import annotations

import inspect
import json
import typing
from pathlib import Path

import pytest

from ganbench.data.archive import archive
from ganbench.data.folder import folder
from ganbench.data.registry import dataset, datasets, find_dataset, locate, needs_path
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


def test_files_are_found_without_reading_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))
    (tmp_path / "data").mkdir()
    sets = datasets()
    for names, state in (
        (("ring8", "shapes", "mixture1d"), "built in"),
        (("folder", "archive", "samples"), "path"),
        (("mnist", "fashion-mnist", "cifar10", "stacked-mnist", "coloured-mnist", "pairs"), "download"),
        (("cifar10-jpeg", "imagenette64", "tiny-imagenet"), "missing"),
    ):
        for name in names:
            if name != "fashion-mnist":  # a system may have it in /usr/share
                assert locate(sets[name]) == (state, None), name
    folders = {
        "mnist": "data/MNIST/raw/train-images-idx3-ubyte.gz",
        "fashion-mnist": "cache/fashion-mnist/train-images-idx3-ubyte",
        "cifar10": "cache/cifar-10-batches-py/data_batch_1",
        "cifar10-jpeg": "data/cifar10-jpeg/train.npz",
        "tiny-imagenet": "data/tiny-imagenet-200/train/x",
    }
    more = ("data/MNIST/raw/train-labels-idx1-ubyte", "cache/fashion-mnist/train-labels-idx1-ubyte")
    more += ("data/tiny-imagenet-200/wnids.txt", "data/tiny-imagenet-200/words.txt")
    for file in (*folders.values(), *more):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    for name, file in folders.items():
        state, path = locate(sets[name])
        assert state == "here"
        assert path is not None
        assert (tmp_path / file).is_relative_to(path)
    assert locate(sets["reddish-mnist"])[1] == locate(sets["mnist"])[1]


def test_a_set_of_the_users_own_may_say_where_it_is(tmp_path: Path) -> None:
    @dataset("mine", find=lambda: tmp_path)
    def mine() -> None: ...

    @dataset("theirs", find=lambda: None)
    def theirs() -> None: ...

    assert locate(mine) == ("here", tmp_path)  # type: ignore[arg-type]
    assert locate(theirs) == ("missing", None)  # type: ignore[arg-type]
