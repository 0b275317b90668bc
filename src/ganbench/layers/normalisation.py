"""The normalisation layers that networks can choose from by name.

Batch Normalization (2015), arXiv:1502.03167; Instance Normalization (2016), arXiv:1607.08022;
Layer Normalization (2016), arXiv:1607.06450.
"""

from __future__ import annotations

from typing import Literal, NoReturn, get_args

from torch import nn

from ganbench.errors import UserError, did_you_mean

Norm1d = Literal["none", "batch", "layer"]
"""Norms of features ``[N, C]``. No instance norm: an instance has but one number a channel there."""

Norm2d = Literal["none", "batch", "instance", "layer"]
"""Norms of feature maps ``[N, C, H, W]``. ``"batch"`` mixes samples, the others do not."""


def norm_1d(kind: Norm1d, channels: int, affine: bool = True) -> nn.Module:
    """Return a norm of features ``[N, channels]``, with gain and bias if ``affine``; for ``"none"`` the identity.

    Raises ``UserError`` for an unknown kind.
    """
    match kind:
        case "none":
            return nn.Identity()
        case "batch":
            return nn.BatchNorm1d(channels, affine=affine)
        case "layer":
            return nn.LayerNorm(channels, elementwise_affine=affine)
        case _:
            _refuse(kind, get_args(Norm1d))


def norm_2d(kind: Norm2d, channels: int, affine: bool = True) -> nn.Module:
    """Return a norm of maps ``[N, channels, H, W]``, with gain and bias if ``affine``; for ``"none"`` the identity.

    Raises ``UserError`` for an unknown kind.
    """
    match kind:
        case "none":
            return nn.Identity()
        case "batch":
            return nn.BatchNorm2d(channels, affine=affine)
        case "instance":
            return nn.InstanceNorm2d(channels, affine=affine)
        case "layer":
            return nn.GroupNorm(1, channels, affine=affine)
        case _:
            _refuse(kind, get_args(Norm2d))


def _refuse(kind: str, known: tuple[str, ...]) -> NoReturn:
    raise UserError(f"Unknown norm '{kind}'{did_you_mean(kind, known)}")
