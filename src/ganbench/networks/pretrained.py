"""Networks that start from weights in a file: a run's own, or published ones; tensors only, and every key checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn

from ganbench.errors import UserError


class Pretrained(nn.Module):
    """A network that can read its first weights from ``weights``: a run's folder, or a file of tensors.

    Of a run it takes the newest checkpoint's network of the name ``of``. A file is ``.safetensors``, or ``.pt``,
    ``.pth`` or ``.tar`` as torch saves them, of which nothing but tensors is read. Empty means none. The
    file is read when a run begins; afterwards its checkpoints have the weights.
    """

    of: ClassVar[str] = "f"

    def __init__(self, weights: str) -> None:
        super().__init__()
        self.weights = weights

    def named(self, state: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Return a file's tensors by this network's names; as they are, unless a network knows other ones."""
        return state

    def load_pretrained(self) -> None:
        """Take the weights that were asked for.

        Raises:
            UserError: the file cannot be read, or its keys or shapes are not this network's; the message lists them.
        """
        if not self.weights:
            return
        state, own = self.named(read_tensors(Path(self.weights), self.of)), self.state_dict()
        problems = [
            *(f"lacks {key}" for key in own if key not in state and not key.endswith("num_batches_tracked")),
            *(f"has {key} besides" for key in state if key not in own),
            *(
                f"{key} is {list(state[key].shape)}, not {list(own[key].shape)}"
                for key in own
                if key in state and state[key].shape != own[key].shape
            ),
        ]
        if problems:
            more = f" and {len(problems) - 5} more" if len(problems) > 5 else ""
            raise UserError(
                f"{self.weights} does not fit a {type(self).__name__}: {'; '.join(problems[:5])}{more}"
            )
        self.load_state_dict({**own, **state})


def read_tensors(path: Path, of: str) -> dict[str, Tensor]:
    """Return the tensors of a file, or of the network ``of`` in a run's newest checkpoint.

    Raises:
        UserError: there is no such file, or it cannot be read without running code.
    """
    if path.is_dir():
        found = sorted(path.glob("checkpoints/step-*/networks.safetensors"))
        if not found:
            raise UserError(f"{path} has no checkpoint, so no weights of '{of}' can be taken from it")
        prefix = f"{of}."
        state = _read_safetensors(found[-1])
        return {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
    if not path.is_file():
        raise UserError(f"there are no weights at {path}; name a run's folder or a file of tensors")
    return _read_safetensors(path) if path.suffix == ".safetensors" else _read_torch(path)


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
    except (
        Exception
    ) as error:  # torch raises whatever its reader met: OSError, UnpicklingError, RuntimeError, ...
        raise UserError(f"{path} holds more than tensors, or is damaged: {type(error).__name__}") from error
    inner = content.get("state_dict", content) if isinstance(content, Mapping) else None
    if not isinstance(inner, Mapping) or not all(isinstance(v, Tensor) for v in inner.values()):
        raise UserError(f"{path} holds no table of tensors by name")
    return dict(inner)
