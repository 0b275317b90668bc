"""Test that each of the 40 rows of the five works has a recipe, a record, a picture, differences and commands."""

from __future__ import annotations

import importlib
import json
import runpy
import shlex
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer

from ganbench.cli.main import app
from ganbench.recipes.overrides import parse_overrides
from ganbench.recipes.registry import find_recipe, recipe_functions

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "results"
FACTS = json.loads((RESULTS / "works" / "rows.json").read_text())
ROWS: list[dict[str, Any]] = FACTS["rows"]
DIFFERENCES = json.loads((RESULTS / "works" / "rows_differences.json").read_text())


@pytest.fixture(scope="module")
def works() -> Iterator[ModuleType]:
    """The script that writes the pages."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(RESULTS))
        yield importlib.import_module("works")


def each_row() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['row']}-{row['recipe']}")


def parse_command(line: str) -> dict[str, Any]:
    """Parse a command as the command line does, without running it; return the values of its parameters."""
    program, name, *words = shlex.split(line)
    assert program == "ganbench"
    group: Any = typer.main.get_command(app)
    values: dict[str, Any] = group.commands[name].make_context(name, words).params
    return values


def test_the_rows_are_complete() -> None:
    assert [row["row"] for row in ROWS] == list(range(1, 41))
    assert {row["work"] for row in ROWS} == FACTS["works"].keys()
    assert {row["protocol"] for row in ROWS} <= FACTS["protocols"].keys()


def test_the_pages_are_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(RESULTS))
    monkeypatch.setattr("sys.argv", ["works.py", "--check"])
    with pytest.raises(SystemExit) as exit_info:
        runpy.run_path(str(RESULTS / "works.py"), run_name="__main__")
    assert exit_info.value.code == 0


@each_row()
def test_a_row_has_recipes_and_differences(row: dict[str, Any]) -> None:
    assert {row["recipe"], *row.get("also", ())} <= recipe_functions().keys()
    assert isinstance(DIFFERENCES[str(row["row"])], list)


@each_row()
def test_a_row_has_a_record_and_pictures(row: dict[str, Any], works: ModuleType) -> None:
    evidence = works.evidence_of(row)
    assert evidence.records
    pictures = [path for path, _ in works.pictures_of(row, evidence)]
    assert pictures
    own = {works.PICTURES / picture["file"] for picture in row.get("pictures", ())}
    assert own <= set(pictures)
    for path in pictures:
        assert path.stat().st_size <= (1_000_000 if path.suffix == ".gif" else 300_000), path


@each_row()
def test_the_commands_of_a_row_parse(row: dict[str, Any], works: ModuleType) -> None:
    train, *others = works.commands_of(row)
    values = parse_command(train)
    assert values["recipe"] == row["recipe"]
    assert list(values["overrides"] or ()) == row.get("overrides", [])
    find_recipe(row["recipe"], values["budget"]).override(parse_overrides(values["overrides"] or ()))
    for command in others:
        parse_command(command)


@pytest.mark.parametrize(
    "line", ["ganbench train", "ganbench sample RUN", "ganbench sample RUN --out a.png --pictures walks"]
)
def test_a_wrong_command_does_not_parse(line: str) -> None:
    with pytest.raises(Exception, match=r"Missing|[Nn]o such option"):
        parse_command(line)
