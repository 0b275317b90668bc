"""The part of a model to export, as one module from latents, items and labels to results in the data's own units."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from ganbench.algorithms.capabilities import Encodes, PreparesLatents, Samples, Translates
from ganbench.errors import UserError, did_you_mean
from ganbench.inference.model import Model
from ganbench.inference.stages import Stages
from ganbench.utils.random_stream import RandomStream

Part = Literal["generator", "encoder", "translator"]
"""What can be exported of a model."""


def choose_part(model: Model, name: str | None) -> Part:
    """Return the part of a model with this name; without one, its generator, else its translator, else its encoder.

    Raises:
        UserError: There is no such part, or the model has none.
    """
    parts = list(_parts(model))
    if name is None:
        if not parts:
            raise UserError(
                f"{type(model.algorithm).__name__} neither generates, translates nor encodes anything"
            )
        return parts[0]
    if name not in get_args(Part):
        raise UserError(f"unknown part '{name}'{did_you_mean(name, get_args(Part))}")
    for part in parts:
        if part == name:
            return part
    raise UserError(
        f"{type(model.algorithm).__name__} has no {name}; it has: {', '.join(parts) or 'nothing'}"
    )


def _parts(model: Model) -> list[Part]:
    """Return the parts that a model has, the most typical first."""
    algorithm = model.algorithm
    parts: list[Part] = []
    if isinstance(algorithm, Samples) and not isinstance(algorithm, Translates):
        parts.append("generator")
    if isinstance(algorithm, Translates):
        parts.append("translator")
    if isinstance(algorithm, Encodes):
        parts.append("encoder")
    return parts


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

    def __init__(self, model: Model, part: Part, target: str = "b") -> None:
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
        return run_part(stages, self.part, given, self.target)


def run_part(
    stages: Stages, part: Part, inputs: Mapping[str, Tensor], target: str = "b"
) -> dict[str, Tensor]:
    """Return the results of a part for one batch of inputs by name; see :class:`ExportedModule`."""
    info = stages.info
    if part == "encoder":
        return {"latents": stages.encode(info.from_data(inputs["items"]))}
    if part == "translator":
        x = stages.translate(info.from_data(inputs["items"]), target)
    else:
        x = stages.generate(stages.prepare(inputs["latents"], inputs.get("items")), inputs.get("labels"))
    return {"samples": info.to_data(x), "values": x}


def example_inputs(model: Model, part: Part, n: int, seed: int = 0) -> dict[str, Tensor]:
    """Return ``n`` inputs of a part by name.

    - ``latents``, float32 ``[n, size]``: the draws of ``model.sample(n, seed=seed)``; only a generator takes them.
    - ``items`` in the data's own units, ``[n, *shape]``, or ``[n, inputs_per_sample, *shape]``: random numbers instead
      of real data, which may be private; only encoders, translators and generators that start from items take them.
    - ``labels``, int64 ``[n]``: the classes in turn; only generators of classes take them.
    """
    stream, items = RandomStream(seed, "sample"), RandomStream(seed, "items")
    shape = model.info.shape
    if part != "generator":
        return {"items": _random_items(model, items, n, shape)}
    inputs = {"latents": model.latent.draw(stream, n)}
    algorithm = model.algorithm
    if isinstance(algorithm, PreparesLatents) and algorithm.needs_real_inputs:
        count = algorithm.inputs_per_sample
        inputs["items"] = _random_items(model, items, n, shape if count == 1 else (count, *shape))
    labels = model.labels(n)
    return inputs if labels is None else {**inputs, "labels": labels}


def _random_items(model: Model, stream: RandomStream, n: int, shape: tuple[int, ...]) -> Tensor:
    return model.info.to_data(stream.uniform(n, *shape, low=-1.0))


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
