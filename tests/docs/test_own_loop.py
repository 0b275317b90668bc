"""The page about loops of one's own: its example trains, and its lines about a trained model work."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest
import torch
from tests.support.training import tiny_recipe

from ganbench.experiment.train import train

ROOT = Path(__file__).parents[2]


def test_the_example_trains(capsys: pytest.CaptureFixture[str]) -> None:
    main = runpy.run_path(str(ROOT / "examples" / "own_loop.py"))["main"]
    untrained, trained = main(steps=0), main(steps=150, batch=64)
    assert untrained == 0
    assert trained >= 1
    assert capsys.readouterr().out.startswith("modes: 0 of 8, ")


def test_the_lines_about_a_trained_model_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs" / "own-loop.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    train(tiny_recipe("gan-ring8"), out=tmp_path / "runs" / "ring")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(code.replace('"cuda"', '"cpu"'), names)
    model, z, program = names["model"], names["z"], names["program"]
    assert isinstance(z, torch.Tensor)
    assert torch.equal(names["samples"], model.decode(z))  # type: ignore[attr-defined, arg-type]
    assert torch.load("weights.pt").keys() == model.state_dict().keys()  # type: ignore[attr-defined]
    exported = program.module()(z)  # type: ignore[attr-defined]
    assert torch.allclose(model.info.to_data(exported), model.decode(z), atol=1e-5)  # type: ignore[attr-defined]
