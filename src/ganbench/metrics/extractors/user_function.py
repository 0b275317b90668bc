"""Features computed by a function of the user's, named ``module:function``."""

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

#: The shape of the black images that reveal how many features a function returns.
DEFAULT_SHAPE = (3, 32, 32)


class FunctionFeatures:
    """A function from uint8 images ``[B, C, H, W]`` to features ``[B, F]``.

    Args:
        name: The function's address ``module:function``.
        function: The function.
        source_sha256: The SHA-256 of the module's file; it takes the place of the weights' SHA-256.
        shape: The shape ``[C, H, W]`` of the images to come.
    """

    def __init__(
        self,
        name: str,
        function: Callable[[Tensor], Any],
        source_sha256: str,
        shape: tuple[int, ...] = DEFAULT_SHAPE,
    ) -> None:
        self.name, self.weights_sha256 = name, source_sha256
        self.preprocessing: Mapping[str, JSON] = {"input": "uint8", "by": name}
        self._function, self._shape = function, shape

    @cached_property
    def dims(self) -> int:
        """The number of features, found by calling the function on two black images."""
        return self._features(torch.zeros(2, *self._shape, dtype=torch.uint8)).shape[1]

    def __call__(self, images: Tensor) -> Tensor:
        """Map uint8 ``[B, C, H, W]`` to float32 ``[B, F]`` on the CPU.

        Raises:
            TypeError: The images are not uint8.
            UserError: The function fails or returns something else than finite features.
        """
        if images.dtype != torch.uint8:
            raise TypeError(f"images must be uint8, not {images.dtype}")
        if len(images) == 0:
            return torch.zeros(0, self.dims)
        features = self._features(images)
        if features.shape[1] != self.dims:
            raise UserError(f"'{self.name}' returned {features.shape[1]} features, and {self.dims} before")
        return features

    @torch.no_grad()
    def _features(self, images: Tensor) -> Tensor:
        try:
            features = self._function(images)
        except Exception as error:
            raise UserError(
                f"'{self.name}' failed on images {list(images.shape)}: {type(error).__name__}: {error}"
            ) from error
        if not isinstance(features, Tensor) or features.ndim != 2 or len(features) != len(images):
            result = (
                f"shape {list(features.shape)}" if isinstance(features, Tensor) else type(features).__name__
            )
            raise UserError(
                f"'{self.name}' must map images {list(images.shape)} to features [{len(images)}, F], "
                f"but returned {result}"
            )
        features = features.to("cpu", torch.float32)
        if not bool(features.isfinite().all()):
            raise UserError(f"'{self.name}' returned features that are not finite")
        return features


def function_features(
    address: str, trusted: Collection[str], shape: tuple[int, ...] | None = None
) -> FunctionFeatures:
    """Return the features of the function at ``module:function``.

    Args:
        address: The function's address.
        trusted: The names of modules that the user trusts and that are imported already.
        shape: The shape ``[C, H, W]`` of the images to come.

    Raises:
        UserError: The module is not trusted, or it has no such function or no file.
    """
    module_name, _, name = address.partition(":")
    if module_name not in trusted or module_name not in sys.modules:
        raise UserError(
            f"features '{address}' would run code outside ganbench; if you trust it, name its file with --module"
        )
    module = sys.modules[module_name]
    function = getattr(module, name, None)
    if not callable(function):
        functions = [n for n, value in vars(module).items() if callable(value) and not n.startswith("_")]
        raise UserError(f"there is no function '{name}' in {module_name}{did_you_mean(name, functions)}")
    return FunctionFeatures(address, function, _source_sha256(module_name), shape or DEFAULT_SHAPE)


def _source_sha256(module: str) -> str:
    file = getattr(sys.modules[module], "__file__", None)
    try:
        if file is None:
            raise FileNotFoundError(2, "it has no file")
        return hashlib.sha256(Path(file).read_bytes()).hexdigest()
    except OSError as error:
        raise UserError(f"cannot read the file of module '{module}': {error.strerror}") from error
