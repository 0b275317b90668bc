"""What can be exported of a model: its generator, its translator or its encoder."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, Protocol, cast

from torch import Tensor

from ganbench.algorithms.capabilities import Encodes, PreparesLatents, Samples, Translates
from ganbench.errors import UserError, did_you_mean
from ganbench.inference.model import Model
from ganbench.inference.stages import Stages
from ganbench.latents.description import describe_latent
from ganbench.utils.random_stream import RandomStream

PartName = Literal["generator", "translator", "encoder"]
"""The name of a part."""
Tensors = Mapping[str, Tensor]


class Part(Protocol):
    """One part of a model. Inputs and results are tensors ``[N, ...]`` by name."""

    def is_of(self, model: Model) -> bool:
        """Whether a model has this part."""

    def domains(self, model: Model) -> tuple[str, ...]:
        """Return the domains to choose a target from; none for most parts."""

    def inputs(self, model: Model, n: int, seed: int) -> dict[str, Tensor]:
        """Return ``n`` inputs; see :func:`~ganbench.export.module.example_inputs`."""

    def run(self, stages: Stages, inputs: Tensors, target: str) -> dict[str, Tensor]:
        """Return the results of one batch."""

    def run_model(self, model: Model, inputs: Tensors, target: str) -> dict[str, Tensor]:
        """Return those results that the model's own methods return, for the same inputs."""

    def describe(self, model: Model, target: str) -> dict[str, Any]:
        """Return what only the record of this part says."""


class _Generator:
    def is_of(self, model: Model) -> bool:
        return isinstance(model.algorithm, Samples) and not isinstance(model.algorithm, Translates)

    def domains(self, model: Model) -> tuple[str, ...]:
        return ()

    def inputs(self, model: Model, n: int, seed: int) -> dict[str, Tensor]:
        algorithm, shape = model.algorithm, model.info.shape
        inputs = {"latents": model.latent.draw(RandomStream(seed, "sample"), n)}
        if isinstance(algorithm, PreparesLatents) and algorithm.needs_real_inputs:
            count = algorithm.inputs_per_sample
            inputs["items"] = _random_items(model, n, seed, shape if count == 1 else (count, *shape))
        labels = model.labels(n)
        return inputs if labels is None else {**inputs, "labels": labels}

    def run(self, stages: Stages, inputs: Tensors, target: str) -> dict[str, Tensor]:
        latents = stages.prepare(inputs["latents"], inputs.get("items"))
        return _with_samples(stages, stages.generate(latents, inputs.get("labels")))

    def run_model(self, model: Model, inputs: Tensors, target: str) -> dict[str, Tensor]:
        latents = model.stages.prepare(inputs["latents"], inputs.get("items"))
        return {"samples": model.decode(latents, inputs.get("labels"), batch=len(latents))}

    def describe(self, model: Model, target: str) -> dict[str, Any]:
        return {"latent": describe_latent(model.latent)}


class _Translator:
    def is_of(self, model: Model) -> bool:
        return isinstance(model.algorithm, Translates)

    def domains(self, model: Model) -> tuple[str, ...]:
        return cast(Translates, model.algorithm).domains

    def inputs(self, model: Model, n: int, seed: int) -> dict[str, Tensor]:
        return {"items": _random_items(model, n, seed, model.info.shape)}

    def run(self, stages: Stages, inputs: Tensors, target: str) -> dict[str, Tensor]:
        return _with_samples(stages, stages.translate(stages.info.from_data(inputs["items"]), target))

    def run_model(self, model: Model, inputs: Tensors, target: str) -> dict[str, Tensor]:
        items = inputs["items"]
        return {"samples": model.translate(items, target=target, batch=len(items))}

    def describe(self, model: Model, target: str) -> dict[str, Any]:
        return {"target": target}


class _Encoder:
    def is_of(self, model: Model) -> bool:
        return isinstance(model.algorithm, Encodes)

    def domains(self, model: Model) -> tuple[str, ...]:
        return ()

    def inputs(self, model: Model, n: int, seed: int) -> dict[str, Tensor]:
        return {"items": _random_items(model, n, seed, model.info.shape)}

    def run(self, stages: Stages, inputs: Tensors, target: str) -> dict[str, Tensor]:
        return {"latents": stages.encode(stages.info.from_data(inputs["items"]))}

    def run_model(self, model: Model, inputs: Tensors, target: str) -> dict[str, Tensor]:
        return {"latents": model.encode(inputs["items"], batch=len(inputs["items"]))}

    def describe(self, model: Model, target: str) -> dict[str, Any]:
        return {}


#: The parts by name, the most typical of a model first.
PARTS: Mapping[PartName, Part] = MappingProxyType(
    {"generator": _Generator(), "translator": _Translator(), "encoder": _Encoder()}
)


def choose_part(model: Model, name: str | None) -> PartName:
    """Return the part of a model with this name; without one, its generator, else its translator, else its encoder.

    Raises:
        UserError: There is no such part, or the model has none.
    """
    parts = [part for part in PARTS if PARTS[part].is_of(model)]
    kind = type(model.algorithm).__name__
    if not parts:
        raise UserError(f"{kind} neither generates, translates nor encodes anything")
    if name is None:
        return parts[0]
    if name not in PARTS:
        raise UserError(f"unknown part '{name}'{did_you_mean(name, PARTS)}")
    if name not in parts:
        raise UserError(f"{kind} has no {name}; it has: {', '.join(parts)}")
    return name


def _with_samples(stages: Stages, x: Tensor) -> dict[str, Tensor]:
    return {"samples": stages.info.to_data(x), "values": x}


def _random_items(model: Model, n: int, seed: int, shape: tuple[int, ...]) -> Tensor:
    return model.info.to_data(RandomStream(seed, "items").uniform(n, *shape, low=-1.0))


def default_target(model: Model, part: PartName) -> str:
    """Return the domain that a translator translates to unless another is named, the last; empty for other parts."""
    return (PARTS[part].domains(model) or ("",))[-1]
