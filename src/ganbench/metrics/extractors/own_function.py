"""Features that a function of the user's works out, named ``module:function``."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganbench.errors import UserError, did_you_mean
from ganbench.metrics.score import JSON

#: Of the black pictures that are shown to the function to see how many features it has.
USUAL_SHAPE = (3, 32, 32)


class OwnFeatures:
    """A function from uint8 ``[B, C, H, W]`` to ``[B, F]``; the SHA-256 of its module's file stands for its weights.

    ``shape`` is that of the pictures to come.
    """

    def __init__(
        self,
        name: str,
        function: Callable[[Tensor], Any],
        source_sha256: str,
        shape: tuple[int, ...] = USUAL_SHAPE,
    ) -> None:
        self.name, self.weights_sha256 = name, source_sha256
        self._function, self._shape = function, shape

    @property
    def preprocessing(self) -> Mapping[str, JSON]:
        """What is done to the pictures: the function is given them as they are."""
        return {"input": "uint8", "by": self.name}

    @cached_property
    def dims(self) -> int:
        """How many features it gives, seen on two black pictures."""
        return self._features(torch.zeros(2, *self._shape, dtype=torch.uint8)).shape[1]

    def __call__(self, images: Tensor) -> Tensor:
        """Turn uint8 ``[B, C, H, W]`` into float32 ``[B, F]`` on the CPU.

        Raises TypeError for other dtypes, UserError if the function fails or returns something else.
        """
        if images.dtype != torch.uint8:
            raise TypeError(f"pictures must be uint8, not {images.dtype}")
        if len(images) == 0:
            return torch.zeros(0, self.dims)
        features = self._features(images)
        if features.shape[1] != self.dims:
            raise UserError(f"'{self.name}' gave {features.shape[1]} features, and before {self.dims}")
        return features

    @torch.no_grad()
    def _features(self, images: Tensor) -> Tensor:
        try:
            features = self._function(images)
        except Exception as error:
            raise UserError(
                f"'{self.name}' failed on pictures {list(images.shape)}: {type(error).__name__}: {error}"
            ) from error
        if not isinstance(features, Tensor) or features.ndim != 2 or len(features) != len(images):
            found = (
                f"shape {list(features.shape)}" if isinstance(features, Tensor) else type(features).__name__
            )
            raise UserError(
                f"'{self.name}' must turn pictures {list(images.shape)} into features [{len(images)}, F], "
                f"but gave {found}"
            )
        features = features.to("cpu", torch.float32)
        if not bool(features.isfinite().all()):
            raise UserError(f"'{self.name}' gave features that are not finite")
        return features


def own_features(address: str, trusted: Collection[str], shape: tuple[int, ...] | None = None) -> OwnFeatures:
    """Return the features ``module:function``, of a module that was imported because it is trusted.

    Raises UserError if it was not, or has no such function or no file.
    """
    module_name, _, name = address.partition(":")
    if module_name not in trusted or module_name not in sys.modules:
        raise UserError(
            f"features '{address}' would run code outside ganbench; if you trust it, name its file with --module"
        )
    module = sys.modules[module_name]
    function = getattr(module, name, None)
    if not callable(function):
        known = [n for n, value in vars(module).items() if callable(value) and not n.startswith("_")]
        raise UserError(f"there is no function '{name}' in {module_name}{did_you_mean(name, known)}")
    return OwnFeatures(address, function, _source_sha256(module_name), shape or USUAL_SHAPE)


def _source_sha256(module: str) -> str:
    file = getattr(sys.modules[module], "__file__", None)
    try:
        if file is None:
            raise FileNotFoundError(2, "it has none")
        return hashlib.sha256(Path(file).read_bytes()).hexdigest()
    except OSError as error:
        raise UserError(f"the file of module '{module}' cannot be read: {error.strerror}") from error
