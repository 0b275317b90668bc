"""A trained model: it samples, encodes, reconstructs or translates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Literal, Self, TypeAlias

import torch
from torch import Tensor, nn

from ganbench.algorithms.base import Algorithm
from ganbench.algorithms.capabilities import (
    HasFeatures,
    PreparesLatents,
    Reconstructs,
    Samples,
    TruncatesLatents,
)
from ganbench.data.base import DataInfo, Dataset
from ganbench.errors import UserError
from ganbench.inference.finite import require_finite
from ganbench.inference.labels import condition_tensor, find_class
from ganbench.inference.stages import Stages
from ganbench.latents import Latent
from ganbench.latents.truncation import truncate_noise
from ganbench.utils.batched import eval_mode, map_batches
from ganbench.utils.float32 import float32_default
from ganbench.utils.progress import DurationEstimator
from ganbench.utils.random_stream import RandomStream
from ganbench.utils.whole_number import whole_number

Weights: TypeAlias = Literal["averaged", "live"]
#: What samples are for: the user or final scores ("sample"), the choice of the best checkpoint ("selection"), or use as
#: reference data ("reference"). For the same seed, each purpose has a different random stream.
Purpose: TypeAlias = Literal["sample", "selection", "reference"]


class Model:
    """A trained model. It generates samples, or encodes or translates items, depending on its algorithm.

    Items and samples are in the data's own units: images uint8 ``[C, H, W]``, points float32 ``[D]``. Each call runs
    the networks in eval mode and without gradients, then restores their mode.

    Args:
        algorithm: Defines how samples are generated, and what else the networks can do.
        networks: The networks by name.
        latent: The distribution of latents.
        info: The training data's shape, value range and classes.
        step: The number of training steps.
        weights: Whether the networks hold averaged (EMA) or live weights.
        has_average: Whether the run has averaged weights, even if the networks hold live ones.
        real_data: A function that opens real data, for methods that need them: the held-out split, if there is one.

    Example:
        >>> import ganbench
        >>> run = ganbench.train("gan-ring8", budget="laptop", out="runs/model", overrides={"schedule.steps": 20})
        >>> model = ganbench.load(run)
        >>> z = model.latents(4, seed=1)
        >>> bool((model.decode(z) == model.sample(4, seed=1)).all())
        True
    """

    def __init__(
        self,
        algorithm: Algorithm,
        networks: nn.ModuleDict,
        latent: Latent,
        info: DataInfo,
        step: int,
        *,
        weights: Weights = "live",
        has_average: bool = False,
        real_data: Callable[[], Dataset] | None = None,
    ) -> None:
        self.algorithm, self.networks, self.latent, self.info = algorithm, networks, latent, info
        self.step, self.weights, self.has_average = step, weights, has_average
        self._open_real_data = real_data

    @cached_property
    def real_data(self) -> Dataset:
        """Real data: the held-out split, if there is one. Raises UserError if the model has none."""
        if self._open_real_data is None:
            raise UserError("this needs real items, but the model has none; load it with ganbench.load(run)")
        return self._open_real_data()

    @property
    def device(self) -> torch.device:
        """The device of the networks."""
        return next(self.networks.parameters()).device

    def to(self, device: torch.device | str) -> Self:
        """Move the model to a device, and return it. Latents are drawn on the CPU, so a seed gives the same ones."""
        self.networks.to(device)
        self.algorithm.to(device)
        return self

    def state_dict(self) -> dict[str, Tensor]:
        """Return the weights and buffers of all networks, named as in ``G.layers.0.weight``."""
        return self.networks.state_dict()

    def __repr__(self) -> str:
        """Say what the model computes, and how large its networks are."""
        sizes = (
            f"{name} {sum(p.numel() for p in network.parameters()):,}"
            for name, network in self.networks.items()
        )
        shape = "x".join(map(str, self.info.shape))
        classes = f", {len(self.classes)} classes" if self.classes else ""
        return (
            f"Model({type(self.algorithm).__name__}, {self.info.kind} {shape}{classes}, step {self.step:,}, "
            f"{self.weights} weights, {self.device}; parameters: {', '.join(sizes)})"
        )

    @property
    def stages(self) -> Stages:
        """What the model computes, batch by batch."""
        return Stages(self.algorithm, self.networks, self.info)

    @property
    def generates(self) -> bool:
        """Whether the model generates samples."""
        return isinstance(self.algorithm, Samples)

    @property
    def needs_real_inputs(self) -> bool:
        """Whether each sample is computed from real items, as in translation."""
        return isinstance(self.algorithm, PreparesLatents) and self.algorithm.needs_real_inputs

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes that can be sampled; empty for a model trained without classes."""
        return self.info.classes if self.algorithm.conditional else ()

    def class_index(self, text: str) -> int:
        """Return the index of a class, given its name or its index as text. Raises UserError for an unknown class."""
        return find_class(text, self.classes)

    def labels(self, n: int) -> Tensor | None:
        """Return class numbers, int64 ``[n]``, that cycle through the classes; None for a model without classes."""
        return torch.arange(n) % len(self.classes) if self.classes else None

    def latents(
        self, n: int, seed: int = 0, purpose: Purpose = "sample", *, truncation: float | None = None
    ) -> Tensor:
        """Return ``n`` latents ``[n, size]``, determined by seed and purpose; see :meth:`draw_latents`."""
        n = whole_number(n, "the number of samples", at_least=1)
        return self.draw_latents(RandomStream(whole_number(seed, "the seed"), purpose), n, truncation)

    @float32_default()
    def draw_latents(self, stream: RandomStream, n: int, truncation: float | None = None) -> Tensor:
        """Return ``n`` latents ``[n, size]`` for :meth:`decode`, with noise limited to [-truncation, truncation].

        An algorithm with a truncation of its own, such as StyleGAN2 of its styles, says what the number means.

        Raises:
            UserError: the latent has no noise to truncate, or samples need real items and the model has none.
        """
        latents, algorithm = self.latent.draw(stream, n), self.algorithm
        if truncation is not None and not isinstance(algorithm, TruncatesLatents):
            latents = truncate_noise(self.latent, latents, truncation)
        if not isinstance(algorithm, PreparesLatents):
            return latents
        inputs = {"latents": latents}
        if algorithm.needs_real_inputs:
            per_sample = algorithm.inputs_per_sample
            index = stream.integers(n * per_sample, self.real_data.info.size)
            items = getattr(self.real_data, "source_items", self.real_data.items)(index)  # to translate
            inputs["items"] = items if per_sample == 1 else items.reshape(n, per_sample, *items.shape[1:])

        stages, progress = self.stages, DurationEstimator(f"latents of {n:,} samples")

        def prepare(batch: dict[str, Tensor]) -> dict[str, Tensor]:
            prepared = stages.prepare(**batch)
            if truncation is not None and isinstance(algorithm, TruncatesLatents):
                prepared = algorithm.truncate_latents(self.networks, prepared, truncation)
            return {"latents": prepared}

        return map_batches(self.networks, prepare, inputs, 256, progress)["latents"]

    def sample(
        self,
        n: int = 64,
        *,
        seed: int = 0,
        labels: Tensor | Sequence[int] | int | None = None,
        batch: int = 256,
    ) -> Tensor:
        """Return ``n`` samples in the data's own units: uint8 images ``[n, C, H, W]``, or points ``[n, D]``.

        Args:
            n: The number of samples.
            seed: Determines the latents, together with n; labels do not change them.
            labels: One class number for all samples, one per sample, or class weights ``[n, classes]``. By default,
                samples cycle through the classes.
            batch: The batch size.

        Raises:
            UserError: n is no whole number; labels are out of range, too few, or given to a model without classes.
            NotFiniteError: some samples are NaN or infinite.
        """
        return self.decode(self.latents(n, seed), labels, batch=batch)

    @torch.no_grad()
    @float32_default()
    def decode(
        self, latents: Tensor, labels: Tensor | Sequence[int] | int | None = None, *, batch: int = 256
    ) -> Tensor:
        """Return the samples of latents ``[N, size]``, on the CPU; labels are as in :meth:`sample`.

        Raises:
            UserError: the latents have another shape.
        """
        stages = self.stages
        takes_draws = self.generates and not isinstance(self.algorithm, PreparesLatents)
        if takes_draws and latents.shape[1:] != (self.latent.size,):
            raise UserError(f"latents have the shape [N, {self.latent.size}], not {list(latents.shape)}")
        n = whole_number(len(latents), "the number of latents", at_least=1)
        batch = whole_number(batch, "the batch size", at_least=1)
        condition = self.labels(n) if labels is None else condition_tensor(labels, n, len(self.classes))
        samples = []
        with eval_mode(self.networks):
            for start in range(0, n, batch):
                rows = slice(start, start + batch)
                z = latents[rows].to(self.device, torch.float32)
                y = None if condition is None else condition[rows].to(self.device)
                x = require_finite(stages.generate(z, y), "samples", self.networks, self.step)
                samples.append(self.info.to_data(x).cpu().contiguous())
        return torch.cat(samples)

    def encode(self, items: Tensor, *, batch: int = 256) -> Tensor:
        """Return the latents ``[N, size]`` of items, on the CPU.

        Raises:
            UserError: the model has no encoder, or the items have another shape than the data.
        """
        stages = self.stages
        return self._map(items, lambda x: {"latents": stages.encode(x)}, batch)["latents"]

    def reconstruct(self, items: Tensor, *, batch: int = 256) -> Tensor:
        """Return items encoded and decoded, or translated to the other domain and back. Raises like :meth:`encode`."""
        algorithm = self.algorithm
        if not isinstance(algorithm, Reconstructs):
            raise UserError(f"{type(algorithm).__name__} reconstructs no items; the recipe bigan-mnist does")
        return self._map_to_data(items, lambda x: algorithm.reconstruct(self.networks, x), batch)

    def features(self, items: Tensor, *, batch: int = 256) -> dict[str, Tensor]:
        """Return features ``[N, F]`` of items, by the name of the network that computes them; may be empty."""
        algorithm = self.algorithm
        if not isinstance(algorithm, HasFeatures):
            return {}
        return self._map(items, lambda x: algorithm.features(self.networks, x), batch)

    def translate(self, items: Tensor, *, target: str = "b", batch: int = 256) -> Tensor:
        """Return items translated to the domain ``target``.

        Raises:
            UserError: the model does not translate, has no such domain, or the items have another shape.
        """
        stages = self.stages
        return self._map_to_data(items, lambda x: stages.translate(x, target), batch)

    def _map_to_data(self, items: Tensor, fn: Callable[[Tensor], Tensor], batch: int) -> Tensor:
        return self.info.to_data(self._map(items, lambda x: {"items": fn(x)}, batch)["items"]).contiguous()

    def _map(self, items: Tensor, fn: Callable[[Tensor], dict[str, Tensor]], batch: int) -> dict[str, Tensor]:
        """Convert items to network inputs and apply ``fn`` to them, batch by batch."""
        if tuple(items.shape[1:]) != self.info.shape:
            raise UserError(
                f"the items have shape {list(items.shape[1:])}, those of the training data {list(self.info.shape)}"
            )
        results = map_batches(
            self.networks, lambda inputs: fn(self.info.from_data(inputs["items"])), {"items": items}, batch
        )
        for name, values in results.items():
            require_finite(values, f"results '{name}'", self.networks, self.step)
        return results
