"""The notebooks run from top to bottom, at tiny size."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "examples" / "notebooks"
TINY: dict[str, dict[str, Any]] = {
    "1_first_gan": {"steps": 20},
    "2_your_pictures": {"count": 40, "steps": 2},
    "3_compare_methods": {"seeds": 2, "steps": 20},
    "4_own_loss": {"steps": 20},
    "5_to_onnx": {},
}


def code_cells(source: str) -> list[tuple[bool, str]]:
    """Return whether each code cell holds the parameters, and its code."""
    cells = re.split(r"^# %%(.*)\n", source, flags=re.MULTILINE)[1:]
    pairs = zip(cells[::2], cells[1::2], strict=True)
    return [("parameters" in head, code) for head, code in pairs if "[markdown]" not in head]


def test_every_notebook_is_tested() -> None:
    assert {path.stem for path in FOLDER.glob("*.py")} == TINY.keys()


@pytest.mark.parametrize("name", TINY)
def test_a_notebook_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import matplotlib.pyplot as plt

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))
    # The score of a run that `auto` has chosen takes minutes.
    monkeypatch.setattr("ganbench.experiment.closing.evaluate", lambda run, trusted: [])
    monkeypatch.setattr(plt, "show", lambda: None)
    program = ModuleType("__main__")  # a loss of one's own is found there by name
    monkeypatch.setitem(sys.modules, "__main__", program)
    names = vars(program)
    for is_parameters, code in code_cells((FOLDER / f"{name}.py").read_text(encoding="utf-8")):
        if is_parameters:
            exec(code, names)
            assert TINY[name].keys() <= names.keys()
            names.update(TINY[name])
        else:
            exec(compile(code, f"{name}.py", "exec"), names)
    plt.close("all")
