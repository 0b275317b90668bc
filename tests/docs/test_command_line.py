"""docs/command-line.md names every environment variable, and the commands that have each option."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer

import ganbench
from ganbench.cli.main import app

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")


def commands() -> dict[str, Any]:
    """Return every command by its name, such as "data list"."""
    group: Any = typer.main.get_command(app)
    leaves = {}
    for name, command in group.commands.items():
        inner = getattr(command, "commands", None)
        leaves |= {name: command} if inner is None else {f"{name} {k}": v for k, v in inner.items()}
    return leaves


def with_option(option: str) -> set[str]:
    """Return the names of the commands that have an option."""
    return {name for name, command in commands().items() if any(option in p.opts for p in command.params)}


@pytest.mark.parametrize(
    "option", ["--out", "-o", "--device", "--precision", "--threads", "--quiet", "-q", "--json"]
)
def test_the_page_lists_the_commands_with_an_option(option: str) -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith("| `") and f"`{option}`" in line)
    assert set(re.findall(r"`([^`]+)`", row.split("|")[2])) == with_option(option)


def test_every_command_that_only_reads_can_print_json() -> None:
    writing = {
        "train",
        "resume",
        "stop",
        "change",
        "sample",
        "translate",
        "invert",
        "report",
        "export",
        "push",
        "ui",
        "data prepare",
        "data index",
        "zoo pull",
        "zoo add",
        "schema",
        "serve",
        "playground",
    }
    assert with_option("--json") == commands().keys() - writing


def test_every_variable_of_ganbench_is_documented() -> None:
    source = "".join(
        path.read_text(encoding="utf-8") for path in Path(ganbench.__file__).parent.rglob("*.py")
    )
    variables = set(re.findall(r'"(GANBENCH_[A-Z_]+)"', source))
    assert {"GANBENCH_DATA", "GANBENCH_QUIET"} <= variables
    assert variables <= set(re.findall(r"`(\w+)`", PAGE))
