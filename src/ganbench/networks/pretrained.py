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
        state = self.rename_keys(_read_weights(path, self.network_name))
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


def _read_weights(path: Path, network_name: str) -> dict[str, Tensor]:
    """Return the tensors of a file, or of one network in a run's newest checkpoint.

    Raises:
        UserError: there is no such file, or it cannot be read without running code.
    """
    if path.is_dir():
        prefix = f"{network_name}."
        state = _read_checkpoint(path, network_name)
        return {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
    if not path.is_file():
        raise UserError(f"there are no weights at {path}; give a run's folder or a file of tensors")
    return _read_safetensors(path) if path.suffix == ".safetensors" else _read_torch(path)


def _read_checkpoint(run: Path, network_name: str) -> dict[str, Tensor]:
    """Return all weights of a run's newest intact checkpoint, verified by its manifest; warn of damaged ones."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    problem = "has no checkpoint"
    for checkpoint in list_checkpoints(run / "checkpoints"):
        try:
            entry = read_manifest(checkpoint)["files"][NETWORKS]
            state: dict[str, Tensor] = load(read_verified(checkpoint / NETWORKS, entry))
        except (CheckpointError, SafetensorError) as error:
            warnings.warn(f"{error}; skipping this checkpoint", stacklevel=2)
            problem = "has no intact checkpoint"
            continue
        if names := nonfinite_names(state):
            warnings.warn(
                f"{checkpoint}: {describe_names(names)} is infinite or NaN; skipping this checkpoint",
                stacklevel=2,
            )
            problem = "has no checkpoint of finite numbers"
            continue
        return state
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
