"""A warm start: copy the layers of a trained network that fit another one, and keep its lowest layers frozen.

Freeze the Discriminator: a Simple Baseline for Fine-Tuning GANs (2020), arXiv:2002.10964, trains D without its lowest
layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ganbench.errors import UserError
from ganbench.utils.finite import describe_names, nonfinite_names

_SHOWN = 4  # layers that a sentence names


@dataclass(frozen=True)
class Transfer:
    """Which layers a network took from another one's weights.

    Attributes:
        taken: Layers that fit, by name.
        new: Layers that did not fit or were missing; they start at random.
        left: Layers of the source that the network does not have.
        weights: The number of weights in the layers that fit.
        total: The number of weights in all layers.
    """

    taken: tuple[str, ...]
    new: tuple[str, ...]
    left: tuple[str, ...]
    weights: int
    total: int

    def __str__(self) -> str:
        parts = [f"{len(self.taken)} layers taken ({self.weights:,} of {self.total:,} weights)"]
        parts += [
            f"{word}: {_list(names)}" for word, names in (("new", self.new), ("left", self.left)) if names
        ]
        return "; ".join(parts)


def transfer_weights(network: nn.Module, state: Mapping[str, Tensor], source: str) -> Transfer:
    """Copy the layers of ``state`` that fit into ``network``, and say which did.

    A layer fits if all its tensors have the network's shapes; a layer whose weight does not fit keeps its own bias.

    Args:
        network: The network that starts from the weights.
        state: Tensors of another network by name; floating-point ones of any precision.
        source: What to call the other network in errors.

    Raises:
        UserError: No layer fits, or one that fits holds a number that is not finite.
    """
    own, theirs = _layers(network.state_dict()), _layers(state)
    taken = [
        layer
        for layer, tensors in own.items()
        if tensors.keys() == theirs.get(layer, {}).keys()
        and all(tensors[key].shape == theirs[layer][key].shape for key in tensors)
    ]
    if not taken:
        raise UserError(
            f"no layer of {source} fits a {type(network).__name__} of these sizes{_difference(own, theirs)}"
        )
    fitting = {key: tensor for layer in taken for key, tensor in theirs[layer].items()}
    if names := nonfinite_names(fitting):
        raise UserError(f"{source} is of no use: {describe_names(names)} is infinite or NaN")
    with torch.no_grad():
        for key, tensor in network.state_dict().items():
            if key in fitting:
                tensor.copy_(fitting[key])
    sizes = {key: parameter.numel() for key, parameter in network.named_parameters()}
    counts = {layer: sum(sizes.get(key, 0) for key in tensors) for layer, tensors in own.items()}
    return Transfer(
        taken=tuple(taken),
        new=tuple(layer for layer in own if layer not in taken),
        left=tuple(layer for layer in theirs if layer not in own),
        weights=sum(counts[layer] for layer in taken),
        total=sum(counts.values()),
    )


def lowest_layers(network: nn.Module, count: int, key: str) -> list[nn.Parameter]:
    """Return the parameters of a network's ``count`` lowest layers: those that it registers first.

    Raises:
        UserError: the network has no more layers than that, so nothing would be trained; the message names ``key``.
    """
    parameters = dict(network.named_parameters())
    layers = _layers({name: parameter.data for name, parameter in parameters.items()})
    if count >= len(layers):
        raise UserError(
            f"{key}={count} would freeze all {len(layers)} layers; at most {len(layers) - 1} are possible"
        )
    return [parameters[name] for layer in list(layers)[:count] for name in layers[layer]]


def _layers(state: Mapping[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    """Return tensors by layer, in order: a layer's name is what stands before its tensors' own names."""
    layers: dict[str, dict[str, Tensor]] = {}
    for key, tensor in state.items():
        module = (
            key.partition(".parametrizations.")[0] if ".parametrizations." in key else key.rpartition(".")[0]
        )
        layers.setdefault(module, {})[key] = tensor
    return layers


def _difference(own: Mapping[str, Mapping[str, Tensor]], theirs: Mapping[str, Mapping[str, Tensor]]) -> str:
    """Return the first shape that differs, in words; empty if no layer has the same name."""
    for layer in [layer for layer in own if layer in theirs]:
        for key, tensor in own[layer].items():
            if key in theirs[layer] and theirs[layer][key].shape != tensor.shape:
                return f": {key} is {list(theirs[layer][key].shape)} there and {list(tensor.shape)} here"
    return "; no layers have the same name"


def _list(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
