"""Where numbers stopped being finite: in the weights of a layer, or in what a layer made of finite numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


def first_nonfinite_layer(networks: nn.ModuleDict, forward: Callable[[], object] | None = None) -> str:
    """Say where a loss that is not finite came from: which layer's weights, or which layer's output in ``forward()``.

    ``forward`` makes the passes that led to the loss once more; it is called only if all weights are finite. What
    neither shows is the loss's own doing. Without ``forward`` nothing is said, "", if all weights are finite.
    """
    for name, network in networks.items():
        said = _in_weights(name, network)
        if said:
            return said
    if forward is None:
        return ""
    with _watching(networks) as found:
        forward()
    return f"the output of {found[0]}" if found else "the loss itself, all layers' outputs being finite"


@torch.no_grad()
def _in_weights(network: str, module: nn.Module) -> str:
    """Name the parameter where it began, if any is not finite.

    A gradient that is not finite spreads from the layer where it arose back towards the input, so of several
    parameters the one nearest to the output was the first.
    """
    parameters = dict(module.named_parameters())
    bad = [name for name, p in parameters.items() if not bool(torch.isfinite(p).all())]
    if not bad:
        return ""
    if len(bad) == len(parameters) > 1:
        return f"an update of {network} that left none of its weights finite"
    others = f", and from there in {len(bad) - 1} more parameters" if len(bad) > 1 else ""
    return f"{network}.{bad[-1]}{others}"


@contextmanager
def _watching(networks: nn.ModuleDict) -> Iterator[list[str]]:
    """Collect the names of the layers, in the order of the passes, whose output is not finite."""
    found: list[str] = []

    def note(name: str) -> Callable[[nn.Module, object, object], None]:
        def hook(module: nn.Module, inputs: object, output: object) -> None:
            if isinstance(output, Tensor) and not bool(torch.isfinite(output).all()):
                found.append(name)

        return hook

    layers = [(n, m) for n, m in networks.named_modules() if n and not any(True for _ in m.children())]
    hooks = [layer.register_forward_hook(note(name)) for name, layer in layers]
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()
