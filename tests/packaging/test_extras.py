"""Without extras every command works, or names the extra that it needs in one sentence with exit code 2."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from PIL import Image
from tests.support.training import override_arguments, tiny_overrides

import ganbench
from ganbench.cli.main import app
from ganbench.experiment.trackers.base import TRACKERS

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
#: Extras that are for those who work on ganbench, so no command needs them.
FOR_DEVELOPERS = {"dev", "docs", "notebooks", "release"}

TRAIN = f"train gan-ring8 --budget laptop {' '.join(override_arguments(tiny_overrides('gan-ring8')))} --out"
#: What each command does without extras: its exit code, or the extra that it must name.
COMMANDS: dict[str, int | str] = {
    "recipes ring8": 0,
    "show gan-ring8": 0,
    "schema": 0,
    "data list": 0,
    "data check pictures": 0,
    "data prepare pictures pictures.npz --size 8": 0,
    "data index pictures": 2,  # there are no tar files
    f"{TRAIN} run": 0,
    "resume run": 0,
    "stop run": 2,  # no process trains it
    "change run optimizers.G.lr=1e-4 schedule.steps=1000000": 0,
    "sample run --n 4 --out samples.npz": 0,
    "sample zoo:digits --n 4 --out samples.png": 0,
    "sample hub:me/digits --n 4 --out hub.npz": "hub",
    "evaluate run --n 250": 0,
    "evaluate zoo:shapes --metrics swd --n 100": 0,
    "evaluate zoo:shapes": "metrics",
    "evaluate zoo:shapes --features inception": "metrics",
    "compare run run": 0,
    "plan gan-ring8 --hardware h100 schedule.batch=512 --json": 0,
    "report run": 0,
    "translate run pictures --out translated": 2,  # this model does not translate
    "invert zoo:digits pictures --out inverted --n 1 --steps 1 --starts 1": 0,
    f"{TRAIN.replace('train', 'study')} study --seeds 1 --n 250": 0,
    "study dcgan-shapes --seeds 1 --budget laptop --out shapes": "metrics",
    "train dcgan-shapes data=arrow:pictures --out from-arrow": "arrow",
    "study gan-ring8 --seeds 1 --budget laptop --backend ray --out on-ray": "ray",
    "study gan-ring8 --budget laptop --search optimizers.G.lr=1e-4..1e-3:log --out searched": "search",
    "train dcgan-shapes --out scored": "metrics",
    "export run --out weights": 0,
    "export run --format torch --out program": 0,
    "export run --format onnx --out onnx": "export",
    "push run --repo me/ring": "hub",
    "serve run": "serve",
    "playground": "serve",
    "ui .": "ui",
    "zoo list": 0,
    "zoo show ring8": 0,
    "zoo pull ring8": 0,
    "zoo add run --zoo zoo --name ring --summary Points.": 0,
    **{f"{TRAIN} tracked --track {name}": entry.extra for name, entry in TRACKERS.items()},
    "resume run --track trackio": "trackio",
}


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], tuple[int, str, str]]]:
    """Runs a command line without extras, in a folder with pictures."""
    folder = tmp_path_factory.mktemp("core")
    for i in range(16):
        path = folder / "pictures" / f"{i}.png"
        path.parent.mkdir(exist_ok=True)
        Image.new("L", (8, 8), 10 * i).save(path)
    environment = {**os.environ, "GANBENCH_CACHE": str(folder / "cache"), "GANBENCH_QUIET": "1"}
    server = subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / "support" / "core_only.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=environment,
    )
    assert server.stdin is not None
    assert server.stdout is not None

    def run(line: str) -> tuple[int, str, str]:
        print(json.dumps(line.split()), file=server.stdin, flush=True)
        code, out, err = json.loads(server.stdout.readline())
        return code, out, err

    yield run
    server.kill()
    server.communicate()


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_works_or_names_its_extra_in_one_sentence(
    core: Callable[[str], tuple[int, str, str]], line: str
) -> None:
    expected = COMMANDS[line]
    code, out, err = core(line)
    if isinstance(expected, int):
        assert code == expected, err
        return
    assert (code, out) == (2, "")
    assert re.fullmatch(r"error: .*\n", err)
    assert re.findall(r"pip install '(.+?)'", err) == [f"ganbench[{expected}]"]


def test_every_command_and_every_extra_is_tried() -> None:
    def names(group: typer.Typer, prefix: str = "") -> Iterator[str]:
        for command in group.registered_commands:
            assert command.callback is not None
            yield prefix + (command.name or command.callback.__name__)
        for inner in group.registered_groups:
            assert inner.typer_instance is not None
            yield from names(inner.typer_instance, f"{prefix}{inner.name} ")

    for name in names(app):
        assert any(line.startswith(f"{name} ") or line == name for line in COMMANDS), name
    extras = set(PROJECT["optional-dependencies"]) - FOR_DEVELOPERS
    assert {needed for needed in COMMANDS.values() if isinstance(needed, str)} == extras


#: Modules whose distribution has another name.
DISTRIBUTIONS = {"PIL": "pillow", "yaml": "pyyaml"}
#: Modules that come with what is declared.
WITH_AN_EXTRA = {
    "anyio": "fastapi",
    "fsspec": "torch",
    "starlette": "fastapi",
    "httpx2": "huggingface_hub",
    "mlflow": "mlflow-skinny",
}


def test_every_package_that_the_source_imports_is_declared() -> None:
    declared = {
        re.split(r"[\[<>=]", line)[0].lower().replace("-", "_")
        for lines in (PROJECT["dependencies"], *PROJECT["optional-dependencies"].values())
        for line in lines
    }
    for path in Path(ganbench.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                modules = [f"{node.module}"]
            for module in (
                {module.partition(".")[0] for module in modules} - sys.stdlib_module_names - {"ganbench"}
            ):
                name = WITH_AN_EXTRA.get(module, DISTRIBUTIONS.get(module, module))
                assert name.replace("-", "_").lower() in declared, f"{path} imports {module}"
