"""ganbench: a workbench for generative adversarial networks, in which every classic GAN is a short recipe."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ganbench.config.spec import Spec
    from ganbench.errors import RunError, Stopped, UserError
    from ganbench.evaluation.evaluate import evaluate
    from ganbench.experiment.control import change, stop
    from ganbench.experiment.train import resume, train
    from ganbench.export.export_run import export_run
    from ganbench.inference.load import load
    from ganbench.inference.model import Model
    from ganbench.recipes.base import Budget, Paper, Recipe, recipe
    from ganbench.recipes.registry import find_recipe, recipe_functions
    from ganbench.runs.run import Run
    from ganbench.studies.study import Study, study
    from ganbench.training.settings import Machine, Schedule

_HOMES = {
    "Budget": "recipes.base",
    "Machine": "training.settings",
    "Model": "inference.model",
    "Paper": "recipes.base",
    "Recipe": "recipes.base",
    "Run": "runs.run",
    "RunError": "errors",
    "Schedule": "training.settings",
    "Spec": "config.spec",
    "Stopped": "errors",
    "Study": "studies.study",
    "UserError": "errors",
    "change": "experiment.control",
    "evaluate": "evaluation.evaluate",
    "export_run": "export.export_run",
    "find_recipe": "recipes.registry",
    "load": "inference.load",
    "recipe": "recipes.base",
    "recipe_functions": "recipes.registry",
    "resume": "experiment.train",
    "stop": "experiment.control",
    "study": "studies.study",
    "train": "experiment.train",
}
__version__: str  # of the installed package
__all__ = [
    "Budget", "Machine", "Model", "Paper", "Recipe", "Run", "RunError", "Schedule", "Spec", "Stopped", "Study",
    "UserError", "change", "evaluate", "export_run", "find_recipe", "load", "recipe", "recipe_functions", "resume",
    "stop", "study", "train",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import a public name where it is first used, so that ``import ganbench`` does not wait for torch."""
    if name == "__version__":
        return import_module("importlib.metadata").version("ganbench")
    if name not in _HOMES:
        raise AttributeError(f"module 'ganbench' has no attribute '{name}'")
    return getattr(import_module(f"ganbench.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), "__version__", *__all__])
