"""GANs conditioned on representations, and the choice of representations to sample from."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.special import ndtr

from ganbench.algorithms.adversarial import Adversarial
from ganbench.algorithms.frozen_encoder import FrozenEncoderGAN
from ganbench.augment import Augmentation
from ganbench.data.base import Batch
from ganbench.errors import UserError, did_you_mean
from ganbench.latents import NoiseAndRepresentation
from ganbench.latents.interpolation import lerp, slerp
from ganbench.losses.base import Loss
from ganbench.regularizers.base import Regularizer
from ganbench.regularizers.checks import check_weight
from ganbench.training.phase import Context, LossDict, Phase

Sampling = Literal["real", "lerp", "slerp", "normal", "uniform", "learned"]
"""The representations to sample from.

Those of held-out images (real); interpolations between those of two, on a straight line (lerp) or a great arc (slerp);
random directions (normal, uniform); or the output of a learned generator of representations.
"""
_REAL_INPUTS = {"real": 1, "lerp": 2, "slerp": 2}


class RepresentationConditionedGAN(FrozenEncoderGAN):
    """G receives [T(r), noise] as input and r as its condition, where r is a representation by the frozen encoder f.

    A latent is noise, then a representation of length 1. T and G receive r times the square root of its size, so that
    its numbers are about 1. With ``prior``, a GAN of representations, the networks P and C (its G and D) are trained
    along, so that no image is needed for sampling.

    In training, ``representation_noise`` adds Gaussian noise to each number of r, relative to the root mean square of
    r's numbers; the result is normalized to length 1.

    Raises:
        UserError: the latent has no representation, ``representation_noise`` is negative, or ``sampling`` is unknown
            or needs a ``prior``.
    """

    prior: LearnedPrior | None

    def __init__(
        self,
        *,
        latent: NoiseAndRepresentation,
        loss: Loss,
        prior: Adversarial | None = None,
        sampling: str = "real",
        representation_noise: float = 0.0,
        regularizers: Sequence[Regularizer] = (),
        critic_steps: int = 1,
        one_pass: bool = False,
        reuse_fakes: bool = False,
        augmentation: Augmentation | None = None,
    ) -> None:
        super().__init__(
            latent=latent,
            loss=loss,
            regularizers=regularizers,
            critic_steps=critic_steps,
            one_pass=one_pass,
            reuse_fakes=reuse_fakes,
            augmentation=augmentation,
        )
        check_weight(type(self).__name__, "representation_noise", representation_noise)
        if not isinstance(latent, NoiseAndRepresentation):
            raise UserError(
                f"{type(self).__name__} needs a latent with a representation; set latent to NoiseAndRepresentation"
            )
        self.noise, self.scale = latent.noise, math.sqrt(latent.representation)
        self.representation_noise = representation_noise
        self.prior = None if prior is None else LearnedPrior(prior, self.represent)
        self.averaged = ("G", "T") if prior is None else ("G", "T", "P")
        self.samplings = tuple(s for s in get_args(Sampling) if s != "learned" or prior is not None)
        self.choose_sampling(sampling)

    def choose_sampling(self, sampling: str) -> None:
        """Choose the representations to sample from. Raises UserError if they are unknown or not available."""
        if sampling not in get_args(Sampling):
            raise UserError(f"unknown sampling '{sampling}'{did_you_mean(sampling, get_args(Sampling))}")
        if sampling not in self.samplings:
            raise UserError("sampling 'learned' needs a run with algorithm.prior and the networks P and C")
        self.sampling, self.needs_real_inputs = sampling, sampling in _REAL_INPUTS
        self.inputs_per_sample = _REAL_INPUTS.get(sampling, 1)

    def check_networks(self, networks: nn.ModuleDict) -> None:
        """Raise UserError unless D provides features, and a prior has its networks."""
        if not hasattr(networks["D"], "discriminate"):
            raise UserError(
                f"networks.D: a {type(networks['D']).__name__} provides no features for Q to read"
            )
        if self.prior is not None and not {"P", "C"} <= set(networks):
            raise UserError("algorithm.prior needs the networks P and C")

    def draw_latents(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> Tensor:
        """Return noise, and the representations of the batch's images, with their noise if there is any."""
        assert batch is not None, "fakes are generated from real images"
        latents = self.latent.draw(context.stream, context.batch_size)
        r = self.represent(networks, batch.x)
        if self.representation_noise:  # the root mean square of r's numbers is 1 / scale
            r = functional.normalize(r + self.representation_noise / self.scale * latents[:, self.noise :])
        return torch.cat([latents[:, : self.noise], r], 1)

    def prepare_latents(self, networks: nn.ModuleDict, latents: Tensor, items: Tensor | None) -> Tensor:
        """Return the noise of ``latents``, and representations according to ``sampling``."""
        noise, direction = latents[:, : self.noise], latents[:, self.noise :]
        if items is not None and self.inputs_per_sample == 1:
            return torch.cat([noise, self.represent(networks, items)], 1)
        if items is not None:
            representations = self._interpolate(networks, direction, items)
        elif self.sampling == "learned":
            representations = networks["P"](direction)
        else:
            representations = 2 * ndtr(direction) - 1 if self.sampling == "uniform" else direction
        return torch.cat([noise, functional.normalize(representations)], 1)

    def _interpolate(self, networks: nn.ModuleDict, direction: Tensor, items: Tensor) -> Tensor:
        start, end = (self.represent(networks, items[:, i]) for i in (0, 1))
        t = ndtr(direction[:, :1])  # uniform in [0, 1], as the number is normal
        return (slerp if self.sampling == "slerp" else lerp)(start, end, t)

    def latent_sizes(self, networks: nn.ModuleDict, size: int) -> list[int]:
        """Return the sizes of the noise and of the representation."""
        return [self.noise, size - self.noise]

    def sample(self, networks: nn.ModuleDict, latent: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return G's images for latents whose representations may have any length; they are normalized first."""
        r = functional.normalize(latent[:, self.noise :]) * self.scale
        samples: Tensor = networks["G"](torch.cat([networks["T"](r), latent[:, : self.noise]], 1), r)
        return samples

    def features(self, networks: nn.ModuleDict, x: Tensor) -> dict[str, Tensor]:
        """Return D's features, and f's representations."""
        return {**super().features(networks, x), "f": self.represent(networks, x)}


class LearnedPrior(nn.Module):
    """Trains ``gan`` on representations, with P as its G and C as its D.

    Args:
        gan: The GAN of representations.
        represent: Maps networks and images to representations.
    """

    def __init__(self, gan: Adversarial, represent: Callable[[nn.ModuleDict, Tensor], Tensor]) -> None:
        super().__init__()
        self.gan, self._represent = gan, represent

    def phases(self) -> tuple[Phase, ...]:
        """Return C's phase, then P's."""
        needs_real = self.gan.loss.generator_needs_real
        return (
            Phase("C", ("C",), self.discriminator_losses, repeats=self.gan.critic_steps),
            Phase("P", ("P",), self.generator_losses, reads_data=needs_real),
        )

    def discriminator_losses(
        self, networks: nn.ModuleDict, batch: Batch | None, context: Context
    ) -> LossDict:
        """Return C's losses."""
        real = self._representations(networks, batch)
        return self.gan.discriminator_losses(_players(networks), real, context)

    def generator_losses(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> LossDict:
        """Return P's losses."""
        real = self._representations(networks, batch)
        return self.gan.generator_losses(_players(networks), real, context)

    def _representations(self, networks: nn.ModuleDict, batch: Batch | None) -> Batch | None:
        return None if batch is None else Batch(self._represent(networks, batch.x))


def _players(networks: nn.ModuleDict) -> nn.ModuleDict:
    return nn.ModuleDict({"G": networks["P"], "D": networks["C"]})
