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

START_ITERATIONS = (
    15  # power iterations for a new weight, as many as torch runs when it first normalises a layer
)

#: Linear layers and convolutions.
WEIGHT_LAYERS = (
    nn.Linear,
    nn.Conv1d,
    nn.Conv2d,
    nn.Conv3d,
    nn.ConvTranspose1d,
    nn.ConvTranspose2d,
    nn.ConvTranspose3d,
)


def apply_spectral_norm(network: Network) -> Network:
    """Normalise the weight of every convolution, linear layer and embedding, in place, and return the network.

    Weights that are already parametrised are left unchanged. The largest singular value is estimated by one power
    iteration in each forward pass in training mode. As in the paper, the matrix of a convolution is
    ``[out, in * height * width]``, which bounds the layer's Lipschitz constant only up to a factor.

    Initialise the weights first, since the estimate starts from them (``init_normal`` also updates the estimate).
    """
    # A copy of the list, since each call adds modules to the network.
    for layer in list(network.modules()):
        if isinstance(layer, (*WEIGHT_LAYERS, nn.Embedding)) and not parametrize.is_parametrized(
            layer, "weight"
        ):
            spectral_norm(layer, "weight")
    return network


def update_singular_vectors(layer: nn.Module) -> None:
    """Recompute the singular vectors of a spectrally normalised layer after its stored weight was overwritten."""
    parametrization = layer.get_submodule("parametrizations.weight")
    was_training = parametrization.training
    parametrization.train()
    with torch.no_grad():
        for _ in range(START_ITERATIONS):
            parametrization()  # one power iteration, in training mode
    parametrization.train(was_training)
