"""The models of a server: each has a name, a thread that computes its batches, and a description."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from starlette.exceptions import HTTPException

from ganbench.algorithms.capabilities import domains_of
from ganbench.dashboard.playground import representation_sources
from ganbench.errors import UserError, did_you_mean
from ganbench.export.licences import licence_of
from ganbench.export.parts import PARTS
from ganbench.inference.model import Model
from ganbench.latents.description import describe_latent
from ganbench.latents.truncation import noise_size
from ganbench.recipes.base import Recipe
from ganbench.serve.batching import Batcher
from ganbench.serve.limits import Limits
from ganbench.serve.schemas import Capability, DataFacts, LatentFacts, ModelFacts
from ganbench.serve.tasks import Tasks
from ganbench.serve.telemetry import Telemetry


@dataclass(frozen=True)
class ServedModel:
    """A model with the batcher that alone may use it, and its tasks."""

    model: Model
    facts: ModelFacts
    batcher: Batcher
    tasks: Tasks

    @property
    def name(self) -> str:
        """The name by which requests choose it."""
        return self.facts.name


def start_model(
    name: str, model: Model, recipe: Recipe, telemetry: Telemetry, *, batch: int, limits: Limits
) -> ServedModel:
    """Return a model with a new batcher, whose thread runs from now on."""
    batcher = Batcher(
        batch,
        limits.queued,
        threads=torch.get_num_threads(),
        observe=partial(telemetry.observe_batch, name),
    )
    telemetry.watch_queue(name, batcher)
    return ServedModel(model, describe_model(name, model, recipe), batcher, Tasks(model))


class ServedModels:
    """The models of a server by name. Raises UserError if two have one name."""

    def __init__(self, models: Sequence[ServedModel]) -> None:
        check_names([served.name for served in models])
        self._models = {served.name: served for served in models}

    def __iter__(self) -> Iterator[ServedModel]:
        return iter(self._models.values())

    def find(self, name: str | None, capability: Capability) -> ServedModel:
        """Return a model that can do something, by its name; this may be left out if no other model can.

        Raises:
            UserError: The model cannot, or the name is missing.
            HTTPException: There is no such model (404).
        """
        if name is None:
            able = self.able(capability)
            if len(able) == 1:
                return able[0]
            if able:
                raise UserError(f"give model=, as several models can {capability}: {_names(able)}")
            raise UserError(f"no model of this server can {capability}")
        if name not in self._models:
            raise HTTPException(404, f"there is no model '{name}'{did_you_mean(name, self._models)}")
        served = self._models[name]
        can = served.facts.capabilities
        if capability not in can:
            raise UserError(
                f"the model '{name}' cannot {capability}; it can: {', '.join(can) or 'nothing here'}"
            )
        return served

    def able(self, capability: Capability) -> list[ServedModel]:
        """Return the models that can do something."""
        return [served for served in self if capability in served.facts.capabilities]


def _names(models: Sequence[ServedModel]) -> str:
    return ", ".join(served.name for served in models)


def check_names(names: Sequence[str]) -> None:
    """Raise UserError if two models have one name."""
    for name in names:
        if names.count(name) > 1:
            raise UserError(f"two models are named '{name}'; give one folder another name")


def describe_model(name: str, model: Model, recipe: Recipe) -> ModelFacts:
    """Return what ``/models`` says about a model."""
    info, can = model.info, _capabilities(model)
    samples = "sample" in can
    return ModelFacts(
        name=name,
        recipe=recipe.name,
        summary=recipe.summary,
        step=model.step,
        weights=model.weights,
        device=str(model.device),
        kind=info.kind,
        shape=list(info.shape),
        range=[0, 255] if info.kind == "image" else [info.low, info.high],
        classes=list(model.classes) if samples else [],
        latent=LatentFacts(size=model.latent.size, parts=describe_latent(model.latent)) if samples else None,
        capabilities=can,
        truncation=samples and noise_size(model.latent) > 0,
        representations=list(representation_sources(model)),
        domains=list(domains_of(model.algorithm)) if "translate" in can else [],
        data=DataFacts(name=info.name, split=info.split, size=info.size, licence=licence_of(info.name)),
    )


def _capabilities(model: Model) -> list[Capability]:
    """Return what the server can do with a model. It reads no data, and takes images, but no points."""
    from_latents = not model.needs_real_inputs or bool(representation_sources(model))
    takes_images = model.info.kind == "image"
    can: dict[Capability, bool] = {
        "sample": PARTS["generator"].is_of(model) and from_latents,
        "interpolate": PARTS["generator"].is_of(model) and from_latents and model.latent.size > 0,
        "encode": PARTS["encoder"].is_of(model) and takes_images,
        "translate": PARTS["translator"].is_of(model) and takes_images,
    }
    return [name for name, possible in can.items() if possible]
