"""What networks are made of: each layer in the order in which it works, with the shape of what it makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from ganbench.errors import UserError
from ganbench.inference.model import Model
from ganbench.utils.batched import evaluating
from ganbench.visualization.layer_plots import short_name

_UNFIT = (RuntimeError, TypeError, ValueError, IndexError, AttributeError, UserError)
_DETAILS = ("kernel_size", "stride", "scale_factor", "negative_slope", "p")


@dataclass(frozen=True)
class Layer:
    """A module that has weights of its own or no modules in it: name, kind, and the shape of one sample behind it.

    ``shape`` is empty where it is not known; ``parameters`` counts the numbers of its own that training moves.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int


@torch.no_grad()
def architecture(model: Model) -> dict[str, list[Layer]]:
    """Return the layers of each network, in the order in which they are first called.

    Networks are tried with samples, latents, labels and features, one or two of them, until one fits. Of a network
    that takes something else the layers come in the order in which they were made, and their shapes are not known; so
    do layers that are never called because the network uses their weights itself.
    What a network does between its layers (sums, resizing) is no layer.
    """
    found = {}
    for name, network in model.networks.items():
        seen: list[tuple[str, nn.Module, tuple[int, ...]]] = []
        with evaluating(network), _noting(network, seen):
            for call in _calls(model, name, network):
                seen.clear()
                try:
                    call()
                except _UNFIT:
                    seen.clear()
                if seen:
                    break
        called = {layer for layer, _, _ in seen}
        seen += [(layer, module, ()) for layer, module in _layers(network) if layer not in called]
        found[name] = [_layer(*one) for one in seen]
    return found


def _calls(model: Model, name: str, network: nn.Module) -> Iterator[Callable[[], object]]:
    """Yield ways to have a network work on two samples, the likeliest first."""
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
    for given in inputs + [(one,) for one in features]:
        yield partial(network, *given)


@contextmanager
def _noting(network: nn.Module, seen: list[tuple[str, nn.Module, tuple[int, ...]]]) -> Iterator[None]:
    """Note each layer of a network when it is first called, and the shape of what it makes."""

    def hook(name: str) -> Callable[[nn.Module, object, object], None]:
        def note(module: nn.Module, given: object, made: object) -> None:
            if isinstance(made, Tensor) and all(name != known for known, _, _ in seen):
                seen.append((name, module, tuple(made.shape[1:])))

        return note

    handles = [module.register_forward_hook(hook(name)) for name, module in _layers(network)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _layers(network: nn.Module) -> list[tuple[str, nn.Module]]:
    """Return the modules with weights of their own or none in them; what a parametrization adds is no module here."""
    return [
        (name, module)
        for name, module in network.named_modules()
        if "parametrizations" not in name
        and not isinstance(module, nn.Identity)
        and (_own(module) or all(child == "parametrizations" for child, _ in module.named_children()))
    ]


def _own(module: nn.Module) -> int:
    """Return how many numbers of its own training moves, also where a parametrization (spectral norm) keeps them."""
    return sum(
        p.numel()
        for name, p in module.named_parameters()
        if name.startswith("parametrizations.") or "." not in name
    )


def _layer(name: str, module: nn.Module, shape: tuple[int, ...]) -> Layer:
    kind = type(module).__name__.removeprefix("Parametrized")
    told = {key: getattr(module, key) for key in _DETAILS if hasattr(module, key)}
    words = [f"{_WORDS[key]} {_number(value)}" for key, value in told.items() if _says_something(key, value)]
    if hasattr(module, "parametrizations"):
        words.append("spectral norm")
    return Layer(short_name(name) or kind, " ".join([kind, *words]), shape, _own(module))


_WORDS = {
    "kernel_size": "kernel",
    "stride": "stride",
    "scale_factor": "by",
    "negative_slope": "slope",
    "p": "p",
}


def _says_something(key: str, value: object) -> bool:
    return isinstance(value, int | float | tuple) and not (key == "stride" and value in (1, (1, 1)))


def _number(value: object) -> str:
    values = value if isinstance(value, tuple) else (value,)
    return "x".join(f"{v:g}" for v in (values[:1] if len(set(values)) == 1 else values))
