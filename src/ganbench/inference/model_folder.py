"""A folder that ``ganbench export --format safetensors`` has written: weights, a recipe, and no training state."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError

from ganbench.data.base import DataInfo
from ganbench.errors import UserError
from ganbench.recipes.base import Recipe
from ganbench.runs.folder_check import require_safe
from ganbench.runs.run import Run, explain_load_errors
from ganbench.utils.checkpoint_files import CheckpointError, read_verified
from ganbench.utils.files import read_json

CONFIG, WEIGHTS = "config.json", "model.safetensors"
#: The entry ``format`` of a configuration that ganbench has written.
FORMAT = "ganbench-model"


class ModelFolder:
    """An exported model on disk. It offers what :func:`ganbench.load` needs of a run.

    ``model.safetensors`` holds the tensors ``networks.NAME`` of all networks and ``algorithm.NAME`` of the algorithm's
    state; ``config.json`` the recipe, the description of the data, the step, and which weights they are.

    Args:
        path: The folder.

    Raises:
        UserError: ganbench has not written it, it is for other programs (ONNX, torch.export), or it is unsafe.
    """

    def __init__(self, path: Path) -> None:
        require_safe(path)
        self.path, self.config = path, read_json(path / CONFIG)
        if self.config.get("format") != FORMAT:
            raise UserError(
                f"{path / CONFIG} is not of ganbench, so {path} is neither a run nor an exported model"
            )
        if not (path / WEIGHTS).is_file():
            raise UserError(
                f"{path} holds no {WEIGHTS}: ganbench loads runs, and models exported as safetensors"
            )

    def recipe(self, trusted: Collection[str] = ()) -> Recipe:
        """Return the recipe; ``trusted`` names the user's own modules that it may import."""
        return Recipe.from_dict(self._entry("recipe"), trusted)

    @property
    def info(self) -> DataInfo:
        """The description of the training data."""
        try:
            return DataInfo.from_dict(self._entry("data"))
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"{self.path / CONFIG} is damaged: it describes no data set") from error

    def read_checkpoint(self, step: int | str | None = None) -> dict[str, Any]:
        """Return the state as a checkpoint of a run has it; its average is empty if the weights are live ones.

        Raises:
            UserError: Another step is asked for, or the weights are missing or have changed.
        """
        own_step = self.config.get("step")
        if step is not None and step != own_step:
            raise UserError(f"{self.path} holds the model of step {own_step} only, not of step {step}")
        try:
            content = read_verified(self.path / WEIGHTS, self._entry("files")[WEIGHTS])
            tensors = safetensors.torch.load(content)
        except (CheckpointError, SafetensorError, KeyError, TypeError) as error:
            raise UserError(f"{self.path} is damaged: {error}") from error
        state: dict[str, dict[str, Any]] = {"networks": {}, "algorithm": {}}
        for name, tensor in tensors.items():
            group, _, key = name.partition(".")
            state.setdefault(group, {})[key] = tensor
        average = state["networks"] if self.config.get("weights") == "averaged" else {}
        return {**state, "average": average, "step": own_step, "without": self.config.get("without", [])}

    def explain_load_errors(self, step: int) -> AbstractContextManager[None]:
        """Convert errors of ``load_state_dict`` in the block into a UserError."""
        return explain_load_errors(f"the weights in {self.path} do not fit its recipe")

    def _entry(self, name: str) -> dict[str, Any]:
        value = self.config.get(name)
        if not isinstance(value, dict):
            raise UserError(f"{self.path / CONFIG} is damaged: it has no {name}")
        return value


def open_model_source(path: str | Path | Run) -> Run | ModelFolder:
    """Return the run or the exported model at a path. Raises UserError if there is neither."""
    if isinstance(path, Run):
        return path
    folder = Path(path)
    is_model = (folder / CONFIG).is_file() and not (folder / "recipe.json").exists()
    return ModelFolder(folder) if is_model else Run(folder)
