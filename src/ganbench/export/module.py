"""The part of a model to export, as one module from latents, items and labels to results in the data's own units."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from ganbench.export.parts import PARTS, PartName
from ganbench.inference.model import Model
from ganbench.inference.stages import Stages


class ExportedModule(nn.Module):
    """One part of a model. It computes exactly what :class:`Model` does, by the same :class:`Stages`.

    The inputs are those of :func:`example_inputs`, in that order. The results are

    - of a generator or translator: ``samples`` in the data's own units (images uint8 ``[N, C, H, W]``, points float32
      ``[N, D]``), and ``values``, the same as float32 in about [-1, 1],
    - of an encoder: ``latents``, float32 ``[N, size]``.

    The networks are copies, in eval mode and without gradients, and hold plain weights: weights that are computed from
    others, as with spectral norm, are replaced by their values. Only the networks that the part uses are registered.

    Args:
        model: The model.
        part: The part.
        target: The domain to translate to.
    """

    def __init__(self, model: Model, part: PartName, target: str = "b") -> None:
        super().__init__()
        networks = plain_copy(model.networks)
        self.part, self.target = part, target
        self._stages = (Stages(model.algorithm, networks, model.info),)  # in a tuple: no submodules
        inputs = example_inputs(model, part, 2)
        self.input_names = tuple(inputs)
        used = _used_networks(networks, self, inputs)
        self.networks = nn.ModuleDict({name: networks[name] for name in used})

    def forward(self, *inputs: Tensor) -> dict[str, Tensor]:
        """Return the results by name."""
        (stages,), given = self._stages, dict(zip(self.input_names, inputs, strict=True))
        return PARTS[self.part].run(stages, given, self.target)


def example_inputs(model: Model, part: PartName, n: int, seed: int = 0) -> dict[str, Tensor]:
    """Return ``n`` inputs of a part by name.

    - ``latents``, float32 ``[n, size]``: the draws of ``model.sample(n, seed=seed)``; only a generator takes them.
    - ``items`` in the data's own units, ``[n, *shape]``, or ``[n, inputs_per_sample, *shape]``: random numbers instead
      of real data, which may be private; only encoders, translators and generators that start from items take them.
    - ``labels``, int64 ``[n]``: the classes in turn; only generators of classes take them.
    """
    return PARTS[part].inputs(model, n, seed)


def plain_copy(networks: nn.ModuleDict) -> nn.ModuleDict:
    """Return a copy of networks in eval mode, whose weights are plain tensors without gradients."""
    copied = copy.deepcopy(networks).requires_grad_(False).eval()
    for module in list(copied.modules()):
        if not parametrize.is_parametrized(module):
            continue
        parametrizations: Any = module.parametrizations
        weights = {name: getattr(module, name).detach() for name in parametrizations}
        # Not torch's remove_parametrizations: it changes the class, which the copy shares with the original.
        module.__class__ = parametrize.type_before_parametrizations(module)
        del module.parametrizations
        for name, weight in weights.items():
            module.register_parameter(name, nn.Parameter(weight, requires_grad=False))
    return copied


@torch.no_grad()
def _used_networks(
    networks: nn.ModuleDict, module: ExportedModule, inputs: Mapping[str, Tensor]
) -> list[str]:
    """Return the names of the networks of which any layer runs."""
    used: set[str] = set()
    hooks = [
        layer.register_forward_hook(lambda *_, name=name: used.add(name))
        for name, network in networks.items()
        for layer in network.modules()
    ]
    try:
        module(*inputs.values())
    finally:
        for hook in hooks:
            hook.remove()
    return [name for name in networks if name in used]
