"""The command ``zoo``, as a user types it."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from tests.support.command_line import CommandLine
from tests.support.training import tiny_recipe

from ganbench.experiment.train import train

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    (tmp_path / "zoo").mkdir()
    train(tiny_recipe("gan-ring8"), out=tmp_path / "run")
    return tmp_path / "zoo"


@pytest.fixture
def run(cli: CommandLine, zoo: Path) -> Run:
    """Runs commands in an environment with the zoo."""
    return partial(cli.run, env={"GANBENCH_ZOO": str(zoo), "GANBENCH_CACHE": str(zoo.parent / "cache")})


def add(run: Run, zoo: Path, name: str) -> tuple[int, str, str]:
    return run(
        "zoo", "add", zoo.parent / "run", "--zoo", zoo, "--name", name, "--summary", "Eight Gaussians."
    )


def test_a_run_enters_a_zoo_and_is_used_by_name(run: Run, zoo: Path, tmp_path: Path) -> None:
    code, out, err = add(run, zoo, "ring")
    assert code == 0, err
    assert out.startswith(f"{zoo / 'ring'}: 0.")
    assert "samples differ by 0.0" in out
    assert "ganbench sample zoo:ring --out samples.npz" in (zoo / "ring" / "README.md").read_text()
    (line,) = [line for line in run("zoo", "list")[1].splitlines() if line.startswith("zoo:ring ")]
    assert line.split()[2:] == ["MB", "here", "Eight", "Gaussians."]
    shown = run("zoo", "show", "zoo:ring")[1]
    assert "zoo:ring: Eight Gaussians.\non this machine: yes\n" in shown
    assert "checkpoints/step-00000012/networks.safetensors" in shown
    assert "bytes  README.md\n" in shown
    (entry,) = [m for m in json.loads(run("zoo", "list", "--json")[1]) if m["name"] == "ring"]
    assert entry["available"] is True
    assert run("sample", "zoo:ring", "--n", 4, "--out", tmp_path / "x.npz")[0] == 0
    code, out, err = run("report", "zoo:ring")
    assert (code, out) == (0, f"{tmp_path / 'cache' / 'zoo' / 'ring' / 'report.html'}\n"), err


def test_mistakes(run: Run, zoo: Path) -> None:
    assert add(run, zoo, "ring")[0] == 0
    code, _, err = add(run, zoo, "ring")
    assert (code, err) == (2, f"error: {zoo / 'index.json'} has the model 'ring'; choose another name\n")
    code, _, err = add(run, zoo, "My Ring")
    assert code == 2
    assert "'My Ring' is no name of a model" in err
    assert not (zoo / "My Ring").exists()
    code, _, err = run("sample", "zoo:rign", "--out", "x.png")
    assert (code, err.count("\n")) == (2, 1)
    assert "did you mean 'ring'?" in err
    code, _, err = run("zoo", "show", "rign")
    assert code == 2
