"""The class beside the latent, as a one-hot vector: Conditional Generative Adversarial Nets, 2014, arXiv 1411.1784."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from ganbench.conditioning.base import GeneratorConditioning, OneHotRows, VectorInput, need_classes


@dataclass(frozen=True)
class OneHot(GeneratorConditioning):
    """G is given [z, one-hot class]: ``latent + classes`` numbers."""

    needs_condition: ClassVar[bool] = True

    def vector(self, latent: int, classes: int) -> VectorInput:
        """Return the joining of latents of that size with one-hot classes. Raises UserError if there are none."""
        need_classes(self, classes)
        return _Joined(latent, classes)


class _Joined(VectorInput):
    def __init__(self, latent: int, classes: int) -> None:
        super().__init__()
        self.one_hot, self.size = OneHotRows(classes), latent + classes

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        return torch.cat([x, self.one_hot(condition).to(x.dtype)], 1)
