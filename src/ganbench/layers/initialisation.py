"""Functions that initialise the weights of a whole network, except parts that have a start of their own.

All weights are drawn from torch's global generator.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils import parametrize

from ganbench.layers.spectral import WEIGHT_LAYERS, update_singular_vectors


class OwnStart:
    """Base class of modules with a start of their own: functions here leave them and all layers inside unchanged."""


def init_normal(network: nn.Module, std: float = 0.02) -> None:
    """Draw the weights of convolutions and linear layers from N(0, std²) and the gains of batch norm from N(1, std²).

    Their biases are set to 0. Parts with an own start and all other layers (other norms, embeddings) are left
    unchanged. Under spectral norm, the stored weight is drawn; the normalised weight is recomputed in each forward
    pass.

    This is the initialisation of Unsupervised Representation Learning with Deep Convolutional Generative Adversarial
    Networks (2015), arXiv:1511.06434.
    """
    for layer in _layers(network):
        if isinstance(layer, WEIGHT_LAYERS):
            nn.init.normal_(stored_weight(layer), 0.0, std)
            if parametrize.is_parametrized(layer, "weight"):
                update_singular_vectors(layer)
        elif isinstance(layer, _BatchNorm) and layer.affine:
            nn.init.normal_(layer.weight, 1.0, std)
        else:
            continue
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def init_orthogonal(network: nn.Module) -> None:
    """Make the weights of convolutions, linear layers and embeddings orthogonal, with rows or columns of length 1.

    Biases are set to 0; parts with an own start are left unchanged. Signals then neither vanish nor explode in a deep
    network without norms: Exact Solutions to the Nonlinear Dynamics of Learning in Deep Linear Neural Networks (2013),
    arXiv:1312.6120. Embeddings are included because under spectral norm a longer weight changes direction more slowly,
    so all weights need the same length.
    """
    for layer in _layers(network):
        if isinstance(layer, (*WEIGHT_LAYERS, nn.Embedding)):
            nn.init.orthogonal_(stored_weight(layer))
            if parametrize.is_parametrized(layer, "weight"):
                update_singular_vectors(layer)
            if not isinstance(layer, nn.Embedding) and layer.bias is not None:
                nn.init.zeros_(layer.bias)


def init_icnr(convolution: nn.Conv2d, factor: int) -> None:
    """Initialise a convolution before ``nn.PixelShuffle(factor)`` so that all pixels of a block start equal.

    Without it, images start with a checkerboard pattern. Checkerboard artifact free sub-pixel convolution (2017),
    arXiv:1707.02937.
    """
    weight = stored_weight(convolution)
    with torch.no_grad():
        weight.copy_(weight[:: factor**2].repeat_interleave(factor**2, 0))


def init_zero_biases(network: nn.Module) -> None:
    """Set the biases of convolutions and linear layers to 0; weights and parts with an own start are unchanged."""
    for layer in _layers(network):
        if isinstance(layer, WEIGHT_LAYERS) and layer.bias is not None:
            nn.init.zeros_(layer.bias)


def _layers(network: nn.Module) -> Iterator[nn.Module]:
    """Yield the network and the modules inside it, without those that have a start of their own."""
    if not isinstance(network, OwnStart):
        yield network
        for child in network.children():
            yield from _layers(child)


def stored_weight(layer: nn.Module) -> Tensor:
    """Return the weight that is trained and saved; under spectral norm, the one before normalisation."""
    if not parametrize.is_parametrized(layer, "weight"):
        return layer.get_parameter("weight")
    return layer.get_parameter("parametrizations.weight.original")
