"""The class concatenated with the latent as a one-hot vector.

Conditional Generative Adversarial Nets (2014), arXiv:1411.1784.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from ganbench.conditioning.base import GeneratorConditioning, OneHotEncoding, VectorInput, require_classes


@dataclass(frozen=True)
class OneHot(GeneratorConditioning):
    """G's input is [z, one-hot class], a vector of ``latent + classes`` numbers."""

    needs_condition: ClassVar[bool] = True

    def make_vector_input(self, latent: int, classes: int) -> VectorInput:
        """Return the layer that concatenates latents and one-hot classes. Raises UserError without classes."""
        require_classes(self, classes)
        return _OneHotInput(latent, classes)


class _OneHotInput(VectorInput):
    def __init__(self, latent: int, classes: int) -> None:
        super().__init__()
        self.one_hot, self.size = OneHotEncoding(classes), latent + classes

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        return torch.cat([x, self.one_hot(condition).to(x.dtype)], 1)
