"""Every example of ``docs/extending.md``, run as a reader would: the files written, the commands typed."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from ganbench.runs.run import Run

PAGE = (Path(__file__).parents[2] / "docs" / "extending.md").read_text()
FILES = re.findall(r"<!-- file: (\S+) -->\n```python\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = re.findall(r"```console\n(ganbench .*?)\n```", PAGE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page's files; the commands leave their runs there."""
    folder = tmp_path_factory.mktemp("extending")
    for name, code in FILES:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write(code + "\n\n")
    return folder


def type_command(line: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a command in this process, in the folder, with the user's modules forgotten afterwards."""
    from ganbench.cli.main import app

    monkeypatch.chdir(folder)
    monkeypatch.delitem(sys.modules, "my_parts", raising=False)
    monkeypatch.setenv("GANBENCH_CACHE", str(folder / "cache"))
    result = CliRunner().invoke(app, shlex.split(line)[1:])
    assert result.exit_code == 0, f"{line}\n{result.output}\n{result.exception!r}"
    return result.output


def test_the_page_has_an_example_of_everything() -> None:
    assert len(FILES) == 10
    assert len(COMMANDS) == 8


@pytest.mark.parametrize("number", range(len(COMMANDS)), ids=lambda n: COMMANDS[n][9:60])
def test_the_commands_work_in_the_order_of_the_page(
    number: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_command(COMMANDS[number], folder, monkeypatch)
    targets = {
        "loss": '"my_parts:MyLoss"',
        "drift": '"my_parts:ScoreDrift"',
        "network": '"my_parts:LinearGenerator"',
        "data": '"my_parts:my_set"',
        "algorithm": '"my_parts:FeatureMatching"',
        "recipe": '"my_parts:MyLoss"',
    }
    out = re.search(r"--out runs/(\w+)", COMMANDS[number])
    if out is not None:
        assert targets[out[1]] in (folder / "runs" / out[1] / "recipe.json").read_text()
        assert Run(folder / "runs" / out[1]).events.read("scalars") or "steps=20 " in COMMANDS[number]
    else:
        name = COMMANDS[number].rpartition(" ")[2]
        (record,) = (folder / "runs" / "data" / "eval").glob(f"{name}-*.json")
        assert json.loads(record.read_text())["name"] == name


def test_the_program_works(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.delitem(sys.modules, "my_parts", raising=False)
    monkeypatch.syspath_prepend(str(folder))
    scope: dict[str, object] = {}
    exec(compile((folder / "my_program.py").read_text(), "my_program.py", "exec"), scope)
    assert scope["points"].shape == (100, 2)  # type: ignore[attr-defined]
    assert '"real_target": 0.9' in (folder / "runs" / "python" / "recipe.json").read_text()


def test_the_command_works(folder: Path) -> None:
    scope: dict[str, object] = {}
    exec(compile((folder / "src/ganbench/cli/checkpoints.py").read_text(), "checkpoints.py", "exec"), scope)
    app = typer.Typer()
    app.command()(scope["checkpoints"])  # type: ignore[arg-type]
    result = CliRunner().invoke(app, [str(folder / "runs" / "loss")])
    assert result.output.splitlines() == ["100"], result.output
