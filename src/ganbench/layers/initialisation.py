"""How networks start: functions that overwrite the weights of a whole network.

The normal weights are those of Unsupervised Representation Learning with Deep Convolutional Generative
Adversarial Networks (2015), arXiv:1511.06434. They come from torch's global generator, as all first weights
do.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils import parametrize

from ganbench.layers.spectral import WEIGHTED, renew_estimate


def normal_weights(network: nn.Module, std: float = 0.02) -> None:
    """Draw weights of convolutions and linear layers from N(0, std²), gains of batch norm from N(1, std²).

    Their biases become 0. Other layers (other norms, embeddings) stay as they are. Under spectral norm the
    stored weight is drawn, not the normalised one, which each pass computes anew.
    """
    for layer in network.modules():
        if isinstance(layer, WEIGHTED):
            nn.init.normal_(stored_weight(layer), 0.0, std)
            if parametrize.is_parametrized(layer, "weight"):
                renew_estimate(layer)
        elif isinstance(layer, _BatchNorm) and layer.affine:
            nn.init.normal_(layer.weight, 1.0, std)
        else:
            continue
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def orthogonal_weights(network: nn.Module) -> None:
    """Draw weights of convolutions, linear layers and embeddings as orthogonal rows or columns of length 1.

    Biases become 0. So signals neither die nor grow in a deep network without norms. Exact Solutions to the Nonlinear
    Dynamics of Learning in Deep Linear Neural Networks (2013), arXiv:1312.6120. Under spectral norm a weight's length
    is how slowly it turns, so that embeddings need the length of the rest (see also :func:`normal_weights`).
    """
    for layer in network.modules():
        if isinstance(layer, (*WEIGHTED, nn.Embedding)):
            nn.init.orthogonal_(stored_weight(layer))
            if parametrize.is_parametrized(layer, "weight"):
                renew_estimate(layer)
            if not isinstance(layer, nn.Embedding) and layer.bias is not None:
                nn.init.zeros_(layer.bias)


def alike_in_blocks(convolution: nn.Conv2d, side: int) -> None:
    """Give all pixels of a block the first one's weights, where a pixel shuffle makes blocks of ``side`` of the output.

    Otherwise pictures start with a checkered grain. Checkerboard artifact free sub-pixel convolution (2017),
    arXiv:1707.02937.
    """
    weight = stored_weight(convolution)
    with torch.no_grad():
        weight.copy_(weight[:: side**2].repeat_interleave(side**2, 0))


def zero_biases(network: nn.Module) -> None:
    """Set the biases of convolutions and linear layers to 0 and leave all weights as they are."""
    for layer in network.modules():
        if isinstance(layer, WEIGHTED) and layer.bias is not None:
            nn.init.zeros_(layer.bias)


def stored_weight(layer: nn.Module) -> Tensor:
    """Return the weight that is trained and saved: under spectral norm, the one before the division."""
    if not parametrize.is_parametrized(layer, "weight"):
        return layer.get_parameter("weight")
    return layer.get_parameter("parametrizations.weight.original")
