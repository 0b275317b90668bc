"""The command ``export``: what it prints, and its exit codes."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from tests.support.command_line import CommandLine
from tests.support.training import tiny_recipe

from ganbench.experiment.train import train
from ganbench.inference.load import load
from ganbench.runs.run import Run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(tiny_recipe("gan-ring8"), out=tmp_path_factory.mktemp("run") / "run")


def test_it_prints_the_folder_and_the_difference(cli: CommandLine, run: Run, tmp_path: Path) -> None:
    code, out, err = cli.run("export", run.path, "--out", tmp_path / "model")
    assert (code, out) == (0, f"{tmp_path / 'model'}\n")
    assert re.fullmatch(
        r"differs from the run's model by \d\.\de[+-]\d\d in values of at most .*, for 256 inputs\n", err
    )
    code, _, _ = cli.run("sample", tmp_path / "model", "--n", "9", "--out", tmp_path / "samples.npz")
    assert code == 0
    assert np.array_equal(np.load(tmp_path / "samples.npz")["samples"], load(run).sample(9).numpy())


def test_mistakes_have_exit_code_2(cli: CommandLine, run: Run, tmp_path: Path) -> None:
    for arguments, message in (
        (("--out", run.path), f"error: {run.path} exists; give a new folder as --out\n"),
        (("--out", tmp_path / "x", "--format", "tflite"), "error: unknown format 'tflite'"),
        (("--out", tmp_path / "x", "--step", "7"), "has no checkpoint of step 7"),
    ):
        code, out, err = cli.run("export", run.path, *arguments)
        assert (code, out) == (2, "")
        assert message in err
        assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
