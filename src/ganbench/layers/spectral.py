"""Spectral normalisation of a whole network: each weight matrix is divided by its largest singular value.

Spectral Normalization for Generative Adversarial Networks (2018), arXiv:1802.05957.
"""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import nn
from torch.nn.utils import parametrize
from torch.nn.utils.parametrizations import spectral_norm

Network = TypeVar("Network", bound=nn.Module)

#: The layers whose weight mixes features.
WEIGHTED = (
    nn.Linear,
    nn.Conv1d,
    nn.Conv2d,
    nn.Conv3d,
    nn.ConvTranspose1d,
    nn.ConvTranspose2d,
    nn.ConvTranspose3d,
)


def spectrally_normalised(network: Network) -> Network:
    """Normalise the weight of every convolution, linear layer and embedding of the network, and return it.

    The network itself is changed; weights that are parametrised already stay as they are. The largest
    singular value is estimated by one power iteration in each forward pass in training mode. A
    convolution's matrix is ``[out, in * height * width]``, as in the paper, which bounds the slope of the
    layer only up to a factor.

    Initialise the weights first: the estimate starts from them (though ``normal_weights`` also renews it).
    """
    # A copy of the list, for each call adds modules to the network.
    for layer in list(network.modules()):
        if isinstance(layer, (*WEIGHTED, nn.Embedding)) and not parametrize.is_parametrized(layer, "weight"):
            spectral_norm(layer, "weight")
    return network


def renew_estimate(layer: nn.Module) -> None:
    """Let a normalised layer's singular vectors catch up with a stored weight written from outside."""
    normalised = layer.get_submodule("parametrizations.weight")
    was_training = normalised.training
    normalised.train()
    with torch.no_grad():
        for _ in range(15):  # as many as torch makes when it first normalises a layer
            normalised()  # one power iteration, in training mode
    normalised.train(was_training)
