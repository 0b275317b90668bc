"""The index of the zoo: what it says of a model, and what no index may say."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ganbench.errors import UserError
from ganbench.utils.files import write_json
from ganbench.zoo.index import (
    ZooModel,
    describe_folder,
    find_model,
    read_index,
    require_name,
    write_index,
    zoo_models,
)

MakeZoo = Callable[[], tuple[Path, ZooModel]]


def test_a_folder_is_described_by_all_its_files(make_zoo: MakeZoo) -> None:
    zoo, model = make_zoo()
    files = {file.path: file for file in model.files}
    assert {"recipe.json", "meta.json", "events.jsonl"} < files.keys()
    recipe = (zoo / "figures" / "recipe.json").read_bytes()
    assert files["recipe.json"].size == len(recipe)
    assert files["recipe.json"].sha256 == hashlib.sha256(recipe).hexdigest()
    assert model.size == sum(p.stat().st_size for p in (zoo / "figures").rglob("*") if p.is_file())
    assert read_index(zoo / "index.json") == {"figures": model}


def test_the_users_own_zoo_extends_the_published_one(make_zoo: MakeZoo) -> None:
    published = read_index()
    _, model = make_zoo()
    assert zoo_models() == {**published, "figures": model}
    assert find_model("figures") == model
    with pytest.raises(UserError, match=r"no model 'figure'; did you mean 'figures'\? \(`ganbench zoo list`"):
        find_model("figure")


@pytest.mark.parametrize(
    ("name", "file", "message"),
    [
        ("../x", "recipe.json", "'../x' is no name of a model"),
        ("Ring", "recipe.json", "'Ring' is no name"),
        ("ring", "../recipe.json", "'../recipe.json' is no file of a model"),
        ("ring", "/etc/passwd", "'/etc/passwd' is no file"),
        ("ring", "a/b/c/d.json", "is no file"),
        ("ring", ".lock", "is no file"),
    ],
)
def test_no_index_names_files_outside_a_models_folder(
    name: str, file: str, message: str, tmp_path: Path
) -> None:
    entry = {"summary": "", "scores": {}, "files": {file: {"bytes": 1, "sha256": "0" * 64}}}
    write_json(tmp_path / "index.json", {"format": 1, "models": {name: entry}})
    with pytest.raises(UserError, match=re.escape(message)):
        read_index(tmp_path / "index.json")


@pytest.mark.parametrize("content", [{}, {"models": []}, {"models": {"ring": 1}}, {"models": {"ring": {}}}])
def test_other_files_are_no_index(content: Any, tmp_path: Path) -> None:
    write_json(tmp_path / "index.json", content)
    with pytest.raises(UserError, match=r"index\.json is not an index of a zoo"):
        read_index(tmp_path / "index.json")


def test_a_changed_index_is_refused(make_zoo: MakeZoo) -> None:
    zoo, model = make_zoo()
    write_index({"figures": model}, zoo / "index.json")
    text = (zoo / "index.json").read_text()
    (zoo / "index.json").write_text(text.replace("three", "eight"))
    with pytest.raises(UserError, match=r"index\.json.*changed"):
        zoo_models()


def test_a_folder_with_a_bad_name_does_not_enter(tmp_path: Path) -> None:
    (tmp_path / "My Model").mkdir()
    with pytest.raises(UserError, match="'aux' is no name of a model: Windows"):
        require_name("aux")
    with pytest.raises(UserError, match="'My Model' is no name of a model: it takes small letters"):
        describe_folder(tmp_path / "My Model", "")


def test_a_zoo_that_is_no_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANBENCH_ZOO", str(tmp_path / "none"))
    with pytest.raises(UserError, match=r"GANBENCH_ZOO is set to .*none, which is not a folder"):
        zoo_models()
