"""Join networks of several seeds into one that computes all of them."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from torch import Tensor, nn

from ganbench.errors import UserError
from ganbench.training.vectorized.layers import (
    VectorizedBatchNorm,
    VectorizedLayer,
    VectorizedLinear,
    VectorizedSpectralLinear,
    by_member,
    has_spectral_norm,
    interleave,
)

#: Layers without weights that treat every number alone, so the members' rows may have any layout.
_ELEMENTWISE = (nn.LeakyReLU, nn.ReLU, nn.Identity, nn.Tanh, nn.Sigmoid, nn.ELU, nn.SiLU, nn.GELU)


def vectorize(networks: Sequence[nn.Module], name: str, packing: int = 1) -> nn.Module:
    """Return one network for interleaved rows of K networks of one architecture.

    The weights and buffers of the given networks become views of the result's, so they follow its training.

    Args:
        networks: The K networks.
        name: Their name, for errors.
        packing: How many consecutive samples the network gets as one input (PacGAN).

    Raises:
        UserError: a layer with weights is none of linear, batch norm, and linear with spectral norm.
    """
    joined = copy.deepcopy(networks[0])
    _replace(joined, networks, name)
    joined.apply(_mark_chains)
    if packing > 1:
        members = len(networks)

        def separate(_: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
            return separate_packs(inputs[0], packing, members), *inputs[1:]

        joined.register_forward_pre_hook(separate)
    return joined


def separate_packs(packs: Tensor, size: int, members: int) -> Tensor:
    """Return packs of one member each, interleaved, where packs joined neighbours of interleaved rows.

    ``[N * K / size, size * C, ...]`` -> the same shape: the rows of a pack came from different members.
    """
    channels = packs.shape[1] // size
    rows = packs.reshape(-1, channels, *packs.shape[2:])
    own = by_member(rows, members)  # [K, N, C, ...]
    return interleave([each.reshape(-1, size * channels, *packs.shape[2:]) for each in own])


def _replace(joined: nn.Module, members: Sequence[nn.Module], name: str) -> None:
    """Replace the layers of ``joined``, at any depth, by layers of all members."""
    own = [*joined.named_parameters(recurse=False), *joined.named_buffers(recurse=False)]
    if own:
        raise UserError(
            f"networks.{name} cannot be vectorized: a {type(joined).__name__} holds weights, and only linear layers, "
            "batch norm and spectral norm have a vectorized form; train the seeds one by one"
        )
    for key, child in joined.named_children():
        children = [member.get_submodule(key) for member in members]
        if (layer := _vectorized_layer(children)) is not None:
            setattr(joined, key, layer)
        else:
            _replace(child, children, name)


def _vectorized_layer(layers: Sequence[nn.Module]) -> VectorizedLayer | None:
    """Return the layer of all members, or None for a module to look into."""
    first = layers[0]
    if has_spectral_norm(first):
        return VectorizedSpectralLinear(layers)
    if type(first) is nn.Linear:
        return VectorizedLinear(layers)  # type: ignore[arg-type]
    if type(first) is nn.BatchNorm1d and first.track_running_stats and first.momentum is not None:
        return VectorizedBatchNorm(layers)  # type: ignore[arg-type]
    return None


def _mark_chains(module: nn.Module) -> None:
    """Let a layer keep its layout if a vectorized layer takes its result, with only elementwise layers between."""
    if not isinstance(module, nn.Sequential):
        return
    layers = [layer for layer in module if not isinstance(layer, _ELEMENTWISE)]
    for layer, following in pairwise(layers):
        if isinstance(layer, VectorizedLayer):
            layer.last = not isinstance(following, VectorizedLayer)
