"""Inversion: find the latents whose samples are closest to given images, by gradient descent.

Generative Visual Manipulation on the Natural Image Manifold, 2016, arXiv:1609.03552, section 3.1: descend from the
best of several latents, and from an encoder's guess if there is one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from ganbench.algorithms.capabilities import Encodes
from ganbench.errors import UserError
from ganbench.inference.finite import require_finite
from ganbench.inference.labels import condition_tensor
from ganbench.inference.model import Model
from ganbench.latents import EmptyLatent
from ganbench.utils.batched import eval_mode
from ganbench.utils.float32 import float32_default
from ganbench.utils.random_stream import RandomStream
from ganbench.utils.whole_number import whole_number

_CANDIDATES = 512  # latents among which the starts are chosen
_BATCH_SIZE = 256  # samples in one forward pass
_PYRAMID = (2, 4)  # sides of the blocks of pixels whose means are compared, too
_TRIAL_SHARE = 0.25  # of the steps, with all starts; the best one goes on


@dataclass(frozen=True)
class InversionSettings:
    """How :func:`invert` searches.

    Attributes:
        steps: The number of steps for each image.
        starts: The number of starts for each image: the best of 512 random latents, of different classes if the model
            has classes; an encoder's latents are one more.
        rate: Adam's learning rate.
        seed: Determines the random latents.

    Raises:
        UserError: a number of steps or starts is out of range, or the rate is not above 0.
    """

    steps: int = 400
    starts: int = 24
    rate: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        whole_number(self.steps, "the number of steps", at_least=1)
        if whole_number(self.starts, "the number of starts", at_least=1) > _CANDIDATES:
            raise UserError(f"the number of starts must be at most {_CANDIDATES}, not {self.starts:,}")
        whole_number(self.seed, "the seed")
        if not (self.rate > 0 and math.isfinite(self.rate)):
            raise UserError(f"the learning rate must be above 0, not {self.rate}")


@dataclass(frozen=True)
class Inversion:
    """Latents that reproduce images.

    Attributes:
        latents: float32 ``[N, size]``, for :meth:`Model.decode`; styles, for a model that has them.
        labels: The class of each sample, int64 ``[N]``; None for a model without classes.
        images: The samples of the latents, uint8 ``[N, C, H, W]``.
        l1: The mean absolute difference between each image and its sample, ``[N]``, on a scale from 0 to 1.
    """

    latents: Tensor
    labels: Tensor | None
    images: Tensor
    l1: Tensor


@float32_default()
def invert(
    model: Model,
    images: Tensor,
    settings: InversionSettings = InversionSettings(),
    *,
    labels: Tensor | int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Inversion:
    """Find latents whose samples are closest to images.

    The loss is the mean absolute difference of pixels, plus those of the means of 2x2 and 4x4 pixels. Adam descends
    from several starts for a quarter of the steps, then from the best of them, with a rate that falls to 0 along a
    cosine.

    Args:
        model: A model that makes images from latent vectors. Its networks stay as they are.
        images: uint8 ``[N, C, H, W]``, of the size of the training data.
        settings: How to search.
        labels: The class of each image, or of all; by default the class of the best start.
        progress: Called with the number of finished images and the total.

    Raises:
        UserError: the model's samples do not start from latent vectors, or the images have another shape.

    Example:
        >>> import ganbench
        >>> from ganbench.inference.inversion import InversionSettings, invert
        >>> model = ganbench.load("zoo:digits")
        >>> inversion = invert(model, model.sample(2, seed=1), InversionSettings(steps=20))
        >>> inversion.latents.shape, inversion.labels.tolist()
        (torch.Size([2, 16]), [0, 1])
    """
    require_invertible(model, images)
    given = None if labels is None else condition_tensor(labels, len(images), len(model.classes))
    candidates = model.draw_latents(RandomStream(settings.seed, "inversion"), _CANDIDATES).to(model.device)
    search = _Search(model, settings, candidates)
    per_batch = max(1, _BATCH_SIZE // settings.starts)
    parts = []
    for start in range(0, len(images), per_batch):
        rows = slice(start, start + per_batch)
        parts.append(search.run(images[rows], None if given is None else given[rows]))
        progress(min(start + per_batch, len(images)), len(images))
    latents = torch.cat([z for z, _ in parts])
    classes = torch.cat([y for _, y in parts if y is not None]) if model.classes else None
    samples = model.decode(latents, classes)
    return Inversion(latents, classes, samples, mean_absolute_difference(images, samples))


def mean_absolute_difference(images: Tensor, samples: Tensor) -> Tensor:
    """Return the mean absolute difference of two batches of uint8 images, ``[N]``, on a scale from 0 to 1."""
    return (images.float() - samples.float()).abs().flatten(1).mean(1) / 255


def require_invertible(model: Model, images: Tensor) -> None:
    """Raise UserError if the model makes no images from latent vectors, or images of another shape."""
    if model.info.kind != "image":
        raise UserError("only images can be inverted; this model's samples are points")
    if not model.generates or model.needs_real_inputs:
        raise UserError(
            f"{type(model.algorithm).__name__} makes no images from latent vectors, which inversion needs"
        )
    if isinstance(model.latent, EmptyLatent):
        raise UserError("this model's samples have no latents, which inversion needs")
    if tuple(images.shape[1:]) != model.info.shape:
        raise UserError(
            f"the images have shape {list(images.shape[1:])}, those of the training data {list(model.info.shape)}"
        )


@dataclass(frozen=True)
class _Search:
    """The search for the latents of a batch of images."""

    model: Model
    settings: InversionSettings
    candidates: Tensor  # [512, size]

    def run(self, images: Tensor, given: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Return the latents ``[N, size]`` and the classes ``[N]`` of images, on the CPU."""
        model = self.model
        target = model.info.from_data(images.to(model.device))
        with _frozen(model.networks), eval_mode(model.networks):
            z, y = self._choose_starts(target, None if given is None else given.to(model.device))
            trial = max(1, round(_TRIAL_SHARE * self.settings.steps))
            count = z.shape[1]
            z = self._descend(
                z.flatten(0, 1), _flat(y), target.repeat_interleave(count, 0), trial, self.settings.steps
            )
            with torch.no_grad():
                losses = self._loss(z, _flat(y), target.repeat_interleave(count, 0)).view(-1, count)
            best = losses.argmin(1)
            rows = torch.arange(len(images), device=model.device)
            z = z.view(len(images), count, -1)[rows, best]
            y = None if y is None else y[rows, best]
            if trial < self.settings.steps:
                z = self._descend(z, y, target, self.settings.steps - trial, done=trial)
        require_finite(z, "latents", model.networks, model.step)
        return z.cpu(), None if y is None else y.cpu()

    def _choose_starts(self, target: Tensor, given: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Return starts ``[N, S, size]`` for each image, and their classes ``[N, S]``: the closest candidates."""
        model, n, device, candidates = self.model, len(target), target.device, self.candidates
        if given is None:
            classes = (
                None if not model.classes else torch.arange(_CANDIDATES, device=device) % len(model.classes)
            )
            index = self._closest(target, classes)
            z, y = candidates[index], None if classes is None else classes[index]
        else:
            z = torch.empty(n, self.settings.starts, candidates.shape[1], device=device)
            y = given[:, None].expand(n, self.settings.starts).contiguous()
            for label in torch.unique(given):
                rows = given == label
                index = self._closest(target[rows], label.expand(_CANDIDATES), each_class=False)
                z[rows] = candidates[index]
        algorithm = model.algorithm
        if isinstance(algorithm, Encodes):
            with torch.no_grad():
                encoded = algorithm.encode(model.networks, target)
            if encoded.shape[1:] == z.shape[2:]:
                z = torch.cat([encoded[:, None], z], 1)
                y = None if y is None else torch.cat([y[:, :1], y], 1)
        return z, y

    @torch.no_grad()
    def _closest(self, target: Tensor, classes: Tensor | None, each_class: bool = True) -> Tensor:
        """Return the indices ``[N, S]`` of the candidates whose samples are closest to each image.

        With ``each_class``, they are the closest candidates of the S classes that are closest.
        """
        parts = [
            self.model.stages.generate(self.candidates[rows], None if classes is None else classes[rows])
            for rows in torch.split(torch.arange(_CANDIDATES), _BATCH_SIZE)
        ]
        samples = torch.cat(parts)
        distance = torch.stack([_pyramid_distance(samples, image.expand_as(samples)) for image in target])
        count = self.settings.starts
        if classes is None or not each_class:
            return distance.topk(count, largest=False).indices
        number = int(classes.max()) + 1
        of_class = [torch.where(classes == label, distance, torch.inf).min(1) for label in range(number)]
        best = torch.stack([values for values, _ in of_class], 1)
        index = torch.stack([indices for _, indices in of_class], 1)
        return index.gather(1, best.topk(min(count, number), largest=False).indices)

    def _descend(self, z: Tensor, y: Tensor | None, target: Tensor, steps: int, done: int = 0) -> Tensor:
        """Return latents after ``steps`` more steps of Adam, when ``done`` of all are over."""
        latents = z.detach().clone().requires_grad_(True)
        optimizer = torch.optim.Adam([latents], lr=self.settings.rate)
        for step in range(done, done + steps):
            optimizer.param_groups[0]["lr"] = (
                self.settings.rate * 0.5 * (1 + math.cos(math.pi * step / self.settings.steps))
            )
            optimizer.zero_grad(set_to_none=True)
            with torch.enable_grad():
                loss = self._loss(latents, y, target).sum()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        return latents.detach()

    def _loss(self, z: Tensor, y: Tensor | None, target: Tensor) -> Tensor:
        return _pyramid_distance(self.model.stages.generate(z, y), target)


def _pyramid_distance(a: Tensor, b: Tensor) -> Tensor:
    """Return the mean absolute difference ``[N]`` of pixels, plus those of the means of blocks of pixels."""
    difference = a - b
    total = difference.abs().flatten(1).mean(1)
    for side in _PYRAMID:
        if min(difference.shape[2:]) >= side:
            total = total + avg_pool2d(difference, side).abs().flatten(1).mean(1)
    return total


def _flat(labels: Tensor | None) -> Tensor | None:
    return None if labels is None else labels.flatten()


@contextmanager
def _frozen(networks: nn.Module) -> Iterator[None]:
    """Compute no gradients of the weights within the block."""
    trained = [parameter for parameter in networks.parameters() if parameter.requires_grad]
    for parameter in trained:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in trained:
            parameter.requires_grad_(True)
