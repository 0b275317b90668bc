"""ganbench: a workbench for generative adversarial networks, in which every classic GAN is a short recipe."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from ganbench.catalogue import find_recipe, recipe_functions
    from ganbench.errors import RunError, Stopped, UserError
    from ganbench.evaluation import evaluate
    from ganbench.experiment import resume, train
    from ganbench.model import Model, load
    from ganbench.recipe import Paper, Recipe
    from ganbench.runs import Run
    from ganbench.settings import Machine, Schedule
    from ganbench.spec import Spec
    from ganbench.studies.study import Study, study

_HOMES = {
    "Machine": "settings",
    "Model": "model",
    "Paper": "recipe",
    "Recipe": "recipe",
    "Run": "runs",
    "RunError": "errors",
    "Schedule": "settings",
    "Spec": "spec",
    "Stopped": "errors",
    "Study": "studies.study",
    "UserError": "errors",
    "evaluate": "evaluation",
    "find_recipe": "catalogue",
    "load": "model",
    "recipe_functions": "catalogue",
    "resume": "experiment",
    "study": "studies.study",
    "train": "experiment",
}
__all__ = [
    "Machine", "Model", "Paper", "Recipe", "Run", "RunError", "Schedule", "Spec", "Stopped", "Study",
    "UserError", "evaluate", "find_recipe", "load", "recipe_functions", "resume", "study", "train",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import a public name where it is first used, so that ``import ganbench`` does not wait for torch."""
    if name not in _HOMES:
        raise AttributeError(f"module 'ganbench' has no attribute '{name}'")
    return getattr(import_module(f"ganbench.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
