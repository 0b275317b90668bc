"""What makes pictures of representations: a network A, which may also be told a context by a network K."""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganbench.algorithms.frozen_encoder import represent
from ganbench.training.phase import LossDict


def code_of(networks: nn.ModuleDict, r: Tensor, x: Tensor | None) -> Tensor:
    """Return what A makes pictures of: representations ``[N, F]``, and K's numbers of pictures if there is a K."""
    return torch.cat([r, networks["K"](x)], 1) if "K" in networks else r


def decoded(networks: nn.ModuleDict, code: Tensor) -> Tensor:
    """Return A's pictures of codes, whose representations may have any length; A gets them times the root of F."""
    size = size_of(networks)
    r = functional.normalize(code[:, :size]) * math.sqrt(size)
    made: Tensor = networks["A"](torch.cat([r, code[:, size:]], 1))
    return made


def decoder_terms(networks: nn.ModuleDict, x: Tensor, r: Tensor, consistency_weight: float) -> LossDict:
    """Return A's terms ``[N]`` for pictures and their representations.

    They are the mean squared error of what A makes, and ``consistency_weight`` times 1 - the cosine of f's
    representation of that and the one it is made of; this has a gradient, through f.
    """
    made = decoded(networks, code_of(networks, r, x))
    terms = {"pixels": (made - x).square().flatten(1).mean(1)}
    if consistency_weight:
        cosine = functional.cosine_similarity(represent(networks["f"], made), r)
        terms["consistency"] = consistency_weight * (1 - cosine)
    return terms


def size_of(networks: nn.ModuleDict) -> int:
    """Return how many numbers a representation has."""
    return cast(int, networks["f"].size)
