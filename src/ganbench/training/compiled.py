"""Compile the passes of networks by ``torch.compile``, and leave those that are differentiated twice as they are.

Compiled passes cannot be differentiated twice. Gradient penalties differentiate D with respect to its input, which they
make a leaf that requires a gradient; other passes have no such input. So each network keeps its eager pass as a twin.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

Compiler = Callable[[Callable[..., Any]], Callable[..., Any]]


def compile_passes(network: nn.Module, compiler: Compiler) -> None:
    """Compile the network's ``forward``, in place; a pass with an input whose gradient is asked for stays eager.

    Args:
        network: The network; its weights and names stay as they are.
        compiler: Returns the compiled form of a function, such as ``torch.compile``.
    """
    eager, compiled = network.forward, compiler(network.forward)

    def forward(*inputs: Any, **named: Any) -> Any:
        is_probed = any(_is_probe(value) for value in (*inputs, *named.values()))
        return (eager if is_probed else compiled)(*inputs, **named)

    network.forward = forward


def torch_compiler(mode: str) -> Compiler:
    """Return ``torch.compile`` for fixed shapes in a mode; "reduce-overhead" replays CUDA graphs."""
    return lambda function: torch.compile(function, dynamic=False, mode=mode)


def _is_probe(value: Any) -> bool:
    """Whether somebody differentiates with respect to the value itself, as gradient penalties do."""
    return isinstance(value, Tensor) and value.requires_grad and value.is_leaf
