"""The layers of a model's networks in the order of the forward pass, with output shapes and parameter counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from ganbench.errors import UserError
from ganbench.inference.model import Model
from ganbench.utils.batched import eval_mode
from ganbench.visualization.layer_plots import short_name

#: What a network may raise when it is called with unsuitable inputs.
_CALL_ERRORS = (RuntimeError, TypeError, ValueError, IndexError, AttributeError, UserError)
#: The settings that a layer's description includes: attribute and label.
_SETTINGS = {
    "kernel_size": "kernel",
    "stride": "stride",
    "scale_factor": "by",
    "negative_slope": "slope",
    "p": "p",
}


@dataclass(frozen=True)
class Layer:
    """A module that has its own parameters or no submodules.

    Attributes:
        name: the module's name in its network.
        kind: the module's class and settings.
        shape: the output shape of one sample; empty if unknown.
        parameters: the number of trainable values in the module itself, without its submodules.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int


@torch.no_grad()
def model_layers(model: Model) -> dict[str, list[Layer]]:
    """Return the layers of each network, in the order of their first call.

    Each network is called with one or two of samples, latents, labels and features, until a call succeeds. If none
    does, the layers come in the order of registration, without shapes. So do layers that are never called because the
    network uses their weights directly. Operations between modules (sums, resizing) are not listed.
    """
    layers = {}
    for name, network in model.networks.items():
        calls: list[tuple[str, nn.Module, tuple[int, ...]]] = []
        with eval_mode(network), _record_calls(network, calls):
            for attempt in _forward_attempts(model, name, network):
                calls.clear()
                try:
                    attempt()
                except _CALL_ERRORS:
                    calls.clear()
                if calls:
                    break
        called = {layer for layer, _, _ in calls}
        calls += [(layer, module, ()) for layer, module in _layer_modules(network) if layer not in called]
        layers[name] = [_layer(*call) for call in calls]
    return layers


def _forward_attempts(model: Model, name: str, network: nn.Module) -> Iterator[Callable[[], object]]:
    """Yield calls of a network on two samples with different kinds of inputs, the most likely first."""
    if name == "G":
        yield lambda: model.sample(2)
    sample = torch.zeros(2, *model.algorithm.shape_of(name, model.info.shape), device=model.device)
    latent, label = model.latents(2).to(model.device), torch.zeros(2, dtype=torch.long, device=model.device)
    sizes = [getattr(other, "feature_size", None) for other in model.networks.values()]
    features = [torch.zeros(2, size, device=model.device) for size in sizes if size is not None]
    inputs: list[tuple[Tensor, ...]] = [
        (sample,),
        (sample, label),
        (sample, latent),
        (latent,),
        (latent, label),
    ]
    for args in inputs + [(feature,) for feature in features]:
        yield partial(network, *args)


@contextmanager
def _record_calls(network: nn.Module, calls: list[tuple[str, nn.Module, tuple[int, ...]]]) -> Iterator[None]:
    """Append each layer's name, module and output shape to ``calls`` when it is first called."""

    def make_hook(name: str) -> Callable[[nn.Module, object, object], None]:
        def hook(module: nn.Module, args: object, output: object) -> None:
            if isinstance(output, Tensor) and all(name != called for called, _, _ in calls):
                calls.append((name, module, tuple(output.shape[1:])))

        return hook

    handles = [module.register_forward_hook(make_hook(name)) for name, module in _layer_modules(network)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _layer_modules(network: nn.Module) -> list[tuple[str, nn.Module]]:
    """Return the modules with their own parameters or without submodules; parametrizations do not count as modules."""
    return [
        (name, module)
        for name, module in network.named_modules()
        if "parametrizations" not in name
        and not isinstance(module, nn.Identity)
        and (
            _parameter_count(module)
            or all(child == "parametrizations" for child, _ in module.named_children())
        )
    ]


def _parameter_count(module: nn.Module) -> int:
    """Return the number of trainable values in the module itself, including those a parametrization holds."""
    return sum(
        p.numel()
        for name, p in module.named_parameters()
        if name.startswith("parametrizations.") or "." not in name
    )


def _layer(name: str, module: nn.Module, shape: tuple[int, ...]) -> Layer:
    kind = type(module).__name__.removeprefix("Parametrized")
    settings = {key: getattr(module, key) for key in _SETTINGS if hasattr(module, key)}
    words = [
        f"{_SETTINGS[key]} {_format(value)}" for key, value in settings.items() if _is_informative(key, value)
    ]
    if hasattr(module, "parametrizations"):
        words.append("spectral norm")
    return Layer(short_name(name) or kind, " ".join([kind, *words]), shape, _parameter_count(module))


def _is_informative(key: str, value: object) -> bool:
    return isinstance(value, int | float | tuple) and not (key == "stride" and value in (1, (1, 1)))


def _format(value: object) -> str:
    values = value if isinstance(value, tuple) else (value,)
    return "x".join(f"{v:g}" for v in (values[:1] if len(set(values)) == 1 else values))
