"""Other ways than TensorFlow's in which pictures are made ready for the Inception network of 2015."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from torch import Tensor
from torch.nn import functional

from ganbench.metrics.base import JSON

SIZE = 299


@dataclass(frozen=True)
class Preparation:
    """From uint8 ``[B, 3, H, W]`` to what the network sees; ``name`` is part of the features' name.

    The filter is Pillow's: antialiased when it shrinks, in floating point, neither rounded nor clamped.
    """

    name: str
    filter: Literal["bilinear", "bicubic"]
    normalise: Callable[[Tensor], Tensor]
    normalise_words: str

    def __call__(self, images: Tensor) -> Tensor:
        """Return float32 ``[B, 3, 299, 299]``."""
        resized = functional.interpolate(
            images.float(), size=(SIZE, SIZE), mode=self.filter, align_corners=False, antialias=True
        )
        return self.normalise(resized)

    @property
    def record(self) -> Mapping[str, JSON]:
        """Say what is done."""
        return {
            "size": SIZE,
            "resize": f"{self.filter}, antialiased, aspect not kept, neither rounded nor clamped (torch, as Pillow)",
            "normalise": self.normalise_words,
        }


CLEAN = Preparation("bicubic", "bicubic", lambda x: (x - 128) / 128, "(x - 128) / 128")
STUDIOGAN = Preparation("bilinear", "bilinear", lambda x: x / 127.5 - 1, "x / 127.5 - 1")
