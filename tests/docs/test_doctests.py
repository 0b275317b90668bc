"""The examples in the docstrings of the names that users meet first."""

from __future__ import annotations

import doctest
from pathlib import Path
from typing import Any

import pytest
from tests.support.workers import InlineWorker, use_workers

import ganbench
from ganbench.config.spec import Spec
from ganbench.data.registry import dataset
from ganbench.losses import Hinge
from ganbench.metrics import metric
from ganbench.metrics.measure import measure
from ganbench.metrics.score import Score

PUBLIC = (
    *("Machine", "Model", "Paper", "Recipe", "Run", "Schedule", "UserError", "change", "evaluate"),
    *("find_recipe", "load", "recipe", "recipe_functions", "resume", "study", "train"),
)
NAMES: dict[str, Any] = {
    **{name: getattr(ganbench, name) for name in PUBLIC},
    "Spec": Spec,
    "dataset": dataset,
    "metric": metric,
    "measure": measure,
    "Score": Score,
    "Hinge": Hinge,
}


@pytest.mark.parametrize("name", NAMES)
def test_the_example_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    target = NAMES[name]
    module = __import__(target.__module__, fromlist=["_"])
    examples = doctest.DocTestFinder(recurse=False).find(target, name, module)
    assert any(example.examples for example in examples), "it has an example"
    runner = doctest.DocTestRunner()
    output: list[str] = []
    with use_workers(InlineWorker):  # tests/cli/test_study.py has processes
        for example in examples:
            runner.run(example, out=output.append)
    assert runner.failures == 0, "".join(output)
