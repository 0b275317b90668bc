"""Find where numbers stopped being finite: in a layer's weights, or in its output for finite inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


def first_nonfinite_layer(networks: nn.ModuleDict, forward: Callable[[], object] | None = None) -> str:
    """Describe the origin of a non-finite loss: a layer's weights, or a layer's output in ``forward()``.

    Args:
        networks: The networks to search.
        forward: Repeats the passes that led to the loss. It is called only if all weights are finite.

    Returns:
        The origin in words. If weights and outputs are finite, it is the loss itself. Empty if all weights are finite
        and there is no ``forward``.
    """
    for name, network in networks.items():
        origin = _nonfinite_parameter(name, network)
        if origin:
            return origin
    if forward is None:
        return ""
    with _record_nonfinite_outputs(networks) as layers:
        forward()
    return f"the output of {layers[0]}" if layers else "the loss itself, since all layers' outputs are finite"


@torch.no_grad()
def _nonfinite_parameter(network: str, module: nn.Module) -> str:
    """Name the parameter that became non-finite first; empty if all are finite.

    A non-finite gradient spreads from its origin back towards the input. So if several parameters are affected, the
    one nearest to the output was first.
    """
    parameters = dict(module.named_parameters())
    bad = [name for name, p in parameters.items() if not bool(torch.isfinite(p).all())]
    if not bad:
        return ""
    if len(bad) == len(parameters) > 1:
        return f"an update of {network} that left none of its weights finite"
    others = f", from where it spread to {len(bad) - 1} other parameters" if len(bad) > 1 else ""
    return f"{network}.{bad[-1]}{others}"


@contextmanager
def _record_nonfinite_outputs(networks: nn.ModuleDict) -> Iterator[list[str]]:
    """Collect the names of the layers whose output is not finite, in the order of the passes."""
    names: list[str] = []

    def hook_for(name: str) -> Callable[[nn.Module, object, object], None]:
        def hook(module: nn.Module, inputs: object, output: object) -> None:
            if isinstance(output, Tensor) and not bool(torch.isfinite(output).all()):
                names.append(name)

        return hook

    layers = [(n, m) for n, m in networks.named_modules() if n and not any(True for _ in m.children())]
    hooks = [layer.register_forward_hook(hook_for(name)) for name, layer in layers]
    try:
        yield names
    finally:
        for hook in hooks:
            hook.remove()
