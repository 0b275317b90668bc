"""Networks that load initial weights from a run or a file; only tensors are read, and every key is checked."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn

from ganbench.errors import UserError
from ganbench.utils.checkpoint_files import (
    AVERAGE,
    NETWORKS,
    CheckpointError,
    list_checkpoints,
    read_manifest,
    read_verified,
)
from ganbench.utils.finite import describe_names, nonfinite_names
from ganbench.zoo.source import model_folder


class Pretrained(nn.Module):
    """A network that can load its initial weights from ``weights``: a run's folder, or a file of tensors.

    From a run, it takes the network ``network_name`` of the newest intact checkpoint; the run may also be a model by
    name, ``zoo:NAME`` or ``hub:OWNER/NAME``. A file is ``.safetensors``, or ``.pt``, ``.pth`` or ``.tar`` as written by
    ``torch.save``, from which only tensors are read. An empty string means none. The weights are loaded once, when a
    run starts; after that they are in the run's checkpoints.
    """

    network_name: ClassVar[str] = "f"

    def __init__(self, weights: str) -> None:
        super().__init__()
        self.weights = weights

    def rename_keys(self, state: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Return a file's tensors under this network's keys; unchanged unless a subclass knows other formats."""
        return state

    def load_pretrained(self) -> None:
        """Load ``weights``, if set.

        Raises:
            UserError: the file cannot be read, holds numbers that are not finite, or its keys or shapes differ from
                this network's; the message lists them.
        """
        if not self.weights:
            return
        path = model_folder(self.weights)
        state = self.rename_keys(read_weights(path, self.network_name))
        current = self.state_dict()
        problems = [
            *(
                f"lacks {key}"
                for key in current
                if key not in state and not key.endswith("num_batches_tracked")
            ),
            *(f"has an extra {key}" for key in state if key not in current),
            *(
                f"{key} is {list(state[key].shape)}, not {list(current[key].shape)}"
                for key in current
                if key in state and state[key].shape != current[key].shape
            ),
        ]
        if problems:
            more = f" and {len(problems) - 5} more" if len(problems) > 5 else ""
            raise UserError(
                f"{self.weights} does not fit a {type(self).__name__}: {'; '.join(problems[:5])}{more}"
            )
        if names := nonfinite_names(state):
            raise UserError(f"{self.weights} is of no use: {describe_names(names)} is infinite or NaN")
        self.load_state_dict({**current, **state})


def read_weights(path: Path, network_name: str, *, averaged: bool = False) -> dict[str, Tensor]:
    """Return the tensors of a file, or of one network in a run's newest intact checkpoint.

    Args:
        path: The file, or the run's folder.
        network_name: The name of the network in the run.
        averaged: Whether to prefer the network's moving average, if the run has one.

    Raises:
        UserError: there is no such file or network, or it cannot be read without running code.
    """
    if path.is_dir():
        return _read_checkpoint(path, network_name, (AVERAGE, NETWORKS) if averaged else (NETWORKS,))
    if not path.is_file():
        raise UserError(f"there are no weights at {path}; give a run's folder or a file of tensors")
    return _read_safetensors(path) if path.suffix == ".safetensors" else _read_torch(path)


def _read_checkpoint(run: Path, network_name: str, files: tuple[str, ...]) -> dict[str, Tensor]:
    """Return a network's weights from a run's newest intact checkpoint, verified; warn of damaged ones.

    They come from the first of ``files`` that has some; if none has, the result is empty.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    prefix, problem = f"{network_name}.", "has no checkpoint"
    for checkpoint in list_checkpoints(run / "checkpoints"):
        try:
            entries = read_manifest(checkpoint)["files"]
            contents = [load(read_verified(checkpoint / file, entries[file])) for file in files]
        except (CheckpointError, SafetensorError) as error:
            warnings.warn(f"{error}; skipping this checkpoint", stacklevel=2)
            problem = "has no intact checkpoint"
            continue
        if names := nonfinite_names({key: value for content in contents for key, value in content.items()}):
            warnings.warn(
                f"{checkpoint}: {describe_names(names)} is infinite or NaN; skipping this checkpoint",
                stacklevel=2,
            )
            problem = "has no checkpoint of finite numbers"
            continue
        states = [
            {key.removeprefix(prefix): value for key, value in content.items() if key.startswith(prefix)}
            for content in contents
        ]
        return next((state for state in states if state), {})
    raise UserError(f"{run} {problem} to take the weights of '{network_name}' from")


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise UserError(f"{path} cannot be read as safetensors: {error}") from error


def _read_torch(path: Path) -> dict[str, Tensor]:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises OSError, UnpicklingError, RuntimeError and others
        raise UserError(f"{path} holds more than tensors, or is damaged: {type(error).__name__}") from error
    state = content.get("state_dict", content) if isinstance(content, Mapping) else None
    if not isinstance(state, Mapping) or not all(isinstance(v, Tensor) for v in state.values()):
        raise UserError(f"{path} holds no state dict, i.e. no mapping from names to tensors")
    return dict(state)
