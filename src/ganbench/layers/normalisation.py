"""Normalisation layers that networks choose by name.

Batch Normalization (2015), arXiv:1502.03167; Instance Normalization (2016), arXiv:1607.08022;
Layer Normalization (2016), arXiv:1607.06450.
"""

from __future__ import annotations

from typing import Literal, NoReturn, get_args

from torch import nn

from ganbench.errors import UserError, did_you_mean

Norm1d = Literal["none", "batch", "layer"]
"""Norms of features ``[N, C]``. There is no instance norm, since it would see one number per channel."""

Norm2d = Literal["none", "batch", "instance", "layer"]
"""Norms of feature maps ``[N, C, H, W]``. Only ``"batch"`` mixes samples."""


def norm_1d(kind: Norm1d, channels: int, affine: bool = True) -> nn.Module:
    """Return a norm of features ``[N, channels]``, with gain and bias if ``affine``; the identity for ``"none"``.

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
            _raise_unknown(kind, get_args(Norm1d))


def norm_2d(kind: Norm2d, channels: int, affine: bool = True) -> nn.Module:
    """Return a norm of maps ``[N, channels, H, W]``, with gain and bias if ``affine``; the identity for ``"none"``.

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
            _raise_unknown(kind, get_args(Norm2d))


def _raise_unknown(kind: str, kinds: tuple[str, ...]) -> NoReturn:
    raise UserError(f"Unknown norm '{kind}'{did_you_mean(kind, kinds)}")
